/**
 * The overlay marks on directories (opaque, redirect, ...), read through GNU tar's PAX headers:
 * Node has no xattr calls, and getfattr is missing on a minimal Debian.
 * Source: store.md 4.4; GNU tar manual, "Extended attributes"; POSIX pax Extended Header.
 */
import { spawnSync } from 'node:child_process';
import type { Stats } from 'node:fs';
import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { notRun } from './find-below.ts';
import { paxRecords } from './pax-records.ts';
import { BLOCK, readTarHeader } from './tar-header.ts';

/** Overlay xattrs of one path: `trusted.overlay.opaque` -> `y` (values as latin1). */
export type OverlayXattrs = ReadonlyMap<string, string>;

/** A directory or file with overlay marks. */
export interface Marked {
  /** As it was given, or below what was given. */
  readonly path: ByteString;
  readonly isDirectory: boolean;
  readonly xattrs: OverlayXattrs;
}

const XATTR_PREFIX = 'SCHILY.xattr.';

/** Whether a file or directory may have overlay marks. */
export function isMarkable(stats: Stats): boolean {
  return stats.isDirectory() || (stats.isFile() && holdsNoData(stats.blocks, stats.size));
}

/**
 * Whether a file with so many blocks of 512 bytes may be one whose data is in a layer below: at most
 * a page on disk and far more than that in size. GNU tar reads what it archives.
 */
export function holdsNoData(blocks: number, size: number): boolean {
  return blocks === 0 || (blocks === 8 && size >= 10_000);
}

/** Paths that one tar is given: what it writes of them is held in memory. */
const PATHS_PER_TAR = 100_000;

/**
 * The overlay marks of these directories and files themselves, relative to cwd; what has none is left
 * out. GNU tar reads the files that it is given. Throws TOOL_MISSING, STORE_DAMAGED.
 */
export function overlayXattrsOf(cwd: string, paths: readonly ByteString[]): Marked[] {
  const marked: Marked[] = [];
  for (let at = 0; at < paths.length; at += PATHS_PER_TAR) {
    const archive = archiveOf(cwd, paths.slice(at, at + PATHS_PER_TAR));
    for (const one of marksIn(archive)) marked.push(one);
  }
  return marked;
}

function archiveOf(cwd: string, paths: readonly ByteString[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync('tar', TAR, {
    cwd,
    input: Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1'),
    maxBuffer: 2 ** 31 - 1,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw notRun('GNU tar', error);
  if (status !== 0) {
    throw new RebaseError('STORE_DAMAGED', `a layer cannot be read: ${stderr.toString().trim()}`);
  }
  return stdout;
}

const TAR = [
  ...['-c', '-f', '-', '--null', '--no-recursion', '-T', '-', '--format=posix', '--sparse'],
  ...['--xattrs', '--xattrs-include=trusted.overlay.*', '--xattrs-include=user.overlay.*'],
];

/** Whether a directory's marks hide what the layers below have in it. */
export function isOpaque(marks: OverlayXattrs): boolean {
  return (marks.get('trusted.overlay.opaque') ?? marks.get('user.overlay.opaque')) === 'y';
}

function marksIn(archive: Buffer): Marked[] {
  const marked: Marked[] = [];
  let records: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const { name, type, size } = readTarHeader(archive.subarray(at, at + BLOCK));
    at += BLOCK;
    if (type === 'x') {
      records = paxRecords(archive.subarray(at, at + size));
    } else {
      const xattrs = [...records]
        .filter(([key]) => key.startsWith(XATTR_PREFIX))
        .map(([key, value]) => [key.slice(XATTR_PREFIX.length), value] as const);
      // Of a sparse file, `path` and the header have a made-up name with tar's process ID in it.
      const path = records.get('GNU.sparse.name') ?? records.get('path') ?? name;
      if (xattrs.length > 0) {
        const isDirectory = type === '5';
        marked.push({ path: path.replace(/\/$/, ''), isDirectory, xattrs: new Map(xattrs) });
      }
      records = new Map();
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return marked;
}
