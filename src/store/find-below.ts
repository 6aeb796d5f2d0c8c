import { spawnSync } from 'node:child_process';
import { RebaseError } from '../errors.ts';

/**
 * What GNU find prints with `expression` for everything below these folders (relative to cwd), each
 * byte as one latin1 unit. Follows no symlink, reads no file data.
 * Throws TOOL_MISSING without GNU find, STORE_DAMAGED when it cannot read a directory.
 */
export function findBelow(
  cwd: string,
  folders: readonly string[],
  expression: readonly string[],
): string {
  const { status, stdout, stderr, error } = spawnSync('find', [...folders, ...expression], {
    cwd,
    encoding: 'latin1',
    maxBuffer: 2 ** 30,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) {
    throw new RebaseError('TOOL_MISSING', 'GNU find (findutils) is needed', { cause: error });
  }
  if (status !== 0) {
    throw new RebaseError('STORE_DAMAGED', `a layer cannot be read: ${firstLine(stderr)}`);
  }
  return stdout;
}

/** Folders that one `find` is given: their names stay far below the limit of a command line. */
export const FOLDERS_PER_FIND = 5000;

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
