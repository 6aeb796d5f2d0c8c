/**
 * Everything that node cannot write (device nodes, fifos, xattrs), for the whole store at once:
 * one GNU tar makes all nodes, one setfattr sets all xattrs. Directory times come last of all,
 * because every new entry changes them.
 */
import { spawnSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { END_OF_ARCHIVE, headerBytes } from './tar-header.ts';
import type { TarHeader } from './tar-header.ts';

/** Work put off to the end of the build; paths are absolute latin1 strings. */
export interface Postponed {
  readonly nodes: TarHeader[];
  readonly xattrs: { path: string; values: ReadonlyMap<string, Buffer> }[];
  readonly directoryTimes: { path: string; mtime: number }[];
}

/** An empty list of postponed work. */
export function nothingPostponed(): Postponed {
  return { nodes: [], xattrs: [], directoryTimes: [] };
}

/** Does all postponed work. Fails when `tar` or `setfattr` is missing or complains. */
export function finishPostponed({ nodes, xattrs, directoryTimes }: Postponed): void {
  if (nodes.length > 0) {
    const archive = Buffer.concat([...nodes.map(headerBytes), END_OF_ARCHIVE]);
    run('tar', ['-xpPf', '-', '--numeric-owner'], archive);
  }
  if (xattrs.length > 0) {
    run('setfattr', ['-h', '--restore=-'], Buffer.from(xattrs.map(dumpOf).join('\n'), 'latin1'));
  }
  for (const { path, mtime } of directoryTimes) {
    utimesSync(Buffer.from(path, 'latin1'), mtime, mtime);
  }
}

/** One file in the format of `getfattr --dump`. */
function dumpOf(file: Postponed['xattrs'][number]): string {
  const path = file.path.replace(/[\x00-\x20\\=\x7f-\xff]/g, (byte) => {
    return `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  const lines = [...file.values].map(([name, value]) => `${name}=0x${value.toString('hex')}\n`);
  return `# file: ${path}\n${lines.join('')}`;
}

function run(command: string, args: readonly string[], input: Buffer): void {
  const result = spawnSync(command, args, { input, cwd: '/', encoding: 'utf8' });
  if (result.error !== undefined) {
    throw new Error(`test store: cannot run ${command} (Debian: apt-get install attr tar)`, {
      cause: result.error,
    });
  }
  if (result.status !== 0) throw new Error(`test store: ${command} failed: ${result.stderr}`);
}
