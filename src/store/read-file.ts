/**
 * Small reads that treat only "not there" as absent: every other failure is a failure. A store is
 * data from strangers: no read follows a symlink in place of a file, waits for a FIFO, or takes a
 * file that is larger than any of dockerd's.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const LARGEST = 64 * 2 ** 20;

/** The file's text, undefined when it does not exist. Throws TypeError for bytes that are not UTF-8. */
export function readText(file: string): string | undefined {
  const bytes = readBytes(file);
  return bytes === undefined ? undefined : DECODER.decode(bytes);
}

/** `readText` of a file that is no part of a store, and may be a symlink. */
export function readHostText(file: string): string | undefined {
  const bytes = orAbsent(() => bytesOf(file, { flags: 0, limit: LARGEST }));
  return bytes === undefined ? undefined : DECODER.decode(bytes);
}

/**
 * A small field of a layer, however damaged: bytes that are no UTF-8 become U+FFFD, and what is no
 * file is absent. For files whose content is checked by whoever relies on it.
 */
export function readField(file: string): string | undefined {
  const absent = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO', NO_FILE];
  return orAbsent(() => bytesOf(file), absent)?.toString('utf8');
}

/** The file's bytes, undefined when it does not exist. Throws when it is larger than `limit`. */
export function readBytes(file: string, limit = LARGEST): Buffer | undefined {
  return orAbsent(() => bytesOf(file, { flags: constants.O_NOFOLLOW, limit }));
}

/** The code of the error for what is no regular file, or one too large to be dockerd's. */
const NO_FILE = 'EFTYPE';

function bytesOf(
  file: string,
  { flags, limit } = { flags: constants.O_NOFOLLOW, limit: LARGEST },
): Buffer {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw noFile(file, 'is a directory');
    if (!stat.isFile()) throw noFile(file, 'is no regular file');
    if (stat.size > limit) throw noFile(file, `is larger than ${limit} bytes`);
    return stat.size === 0 ? readFileSync(fd) : bytesIn(fd, stat.size);
  } finally {
    closeSync(fd);
  }
}

/** The first bytes of an open file. Node's own read of all of it would ask for its size again. */
function bytesIn(fd: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let read = -1; read !== 0 && length < size; length += read) {
    read = readSync(fd, bytes, length, size - length, null);
  }
  return bytes.subarray(0, length);
}

function noFile(file: string, what: string): Error {
  return Object.assign(new Error(`${file} ${what}`), { code: NO_FILE });
}

/** Names in a folder, [] when it does not exist. */
export function namesIn(folder: string): string[] {
  return orAbsent(() => readdirSync(folder)) ?? [];
}

/** Names of the real folders in a folder, symlinks left out; [] when it does not exist. */
export function foldersIn(folder: string): string[] {
  const entries = orAbsent(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** lstat, undefined when there is nothing of that name. */
export function statOf(file: string): Stats | undefined {
  return orAbsent(() => lstatSync(file));
}

/** A symlink's target; undefined when there is none or it is no symlink. */
export function targetOf(link: string): string | undefined {
  return orAbsent(() => readlinkSync(link), ['ENOENT', 'ENOTDIR', 'EINVAL']);
}

/** The errno code of a failed system call, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function orAbsent<T>(read: () => T, absent = ['ENOENT', 'ENOTDIR']): T | undefined {
  try {
    return read();
  } catch (error) {
    if (absent.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
