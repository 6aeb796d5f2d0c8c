/**
 * The overlay marks on directories (opaque, redirect, ...), read through GNU tar's PAX headers:
 * Node has no xattr calls, and getfattr is missing on a minimal Debian.
 * Source: store.md 4.4; GNU tar manual, "Extended attributes"; POSIX pax Extended Header.
 */
import { spawnSync } from 'node:child_process';
import type { Stats } from 'node:fs';
import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { findBelow, FOLDERS_PER_FIND, notRun } from './find-below.ts';
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

/** What of some folders may have overlay marks. */
export interface Markable {
  readonly directories: readonly ByteString[];
  /** Files that hold no data of their own although they have a size, as metacopy files do. */
  readonly files: readonly ByteString[];
}

/**
 * Every directory at and below the given ones, and every file there that may have overlay marks.
 * Paths are as `find` gives them, relative to cwd. Throws TOOL_MISSING, STORE_DAMAGED.
 */
export function findMarkable(cwd: string, folders: readonly string[]): Markable {
  const directories: ByteString[] = [];
  const files: ByteString[] = [];
  for (let at = 0; at < folders.length; at += FOLDERS_PER_FIND) {
    const listed = findBelow(cwd, folders.slice(at, at + FOLDERS_PER_FIND), LISTED);
    for (const entry of listed.split('\0')) {
      const [fields = '', type, blocks, size] = FIELDS.exec(entry) ?? [];
      if (type === 'd') directories.push(entry.slice(fields.length));
      if (type === 'f' && holdsNoData(Number(blocks), Number(size))) {
        files.push(entry.slice(fields.length));
      }
    }
  }
  return { directories, files };
}

const LISTED = [
  ...['-type', 'd', '-printf', 'd 0 0 %p\\0', '-o'],
  ...['-type', 'f', '-printf', 'f %b %s %p\\0'],
];
const FIELDS = /^([df]) (\d+) (\d+) /;

/** The marks of everything at and below the given folders. Throws TOOL_MISSING, STORE_DAMAGED. */
export function readOverlayXattrs(cwd: string, folders: readonly string[]): Marked[] {
  const { directories, files } = findMarkable(cwd, folders);
  return overlayXattrsOf(cwd, [...directories, ...files]);
}

/** Whether a file or directory may have overlay marks. */
export function isMarkable(stats: Stats): boolean {
  return stats.isDirectory() || (stats.isFile() && holdsNoData(stats.blocks, stats.size));
}

/** At most a page on disk and far more than that in size: GNU tar reads what it archives. */
function holdsNoData(blocks: number, size: number): boolean {
  return blocks === 0 || (blocks === 8 && size >= 10_000);
}

/** Paths that one tar is given: what it writes of them is held in memory. */
const PATHS_PER_TAR = 100_000;

/**
 * The same marks of these directories and files themselves; what has none is left out. GNU tar reads
 * the files that it is given. Throws TOOL_MISSING, STORE_DAMAGED.
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
