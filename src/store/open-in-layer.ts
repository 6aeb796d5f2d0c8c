/**
 * Opens a file of a layer, and nothing else: an image is a stranger's, and a symlink in it, or one
 * put there in between, must never lead to a file of the host. Node has no openat(2); going through
 * /proc/self/fd does the same. Sources: openat(2), proc(5).
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import type { ByteString } from '../domain/byte-string.ts';
import { bytesOfPath } from './bytes-of-path.ts';
import { errnoOf } from './read-file.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** As the kernel: path resolution gives up at the 41st symlink. */
const MAX_SYMLINKS = 40;

/** A file descriptor, or why there is none, in one line. */
export type Opened = { readonly fd: number } | { readonly reason: string };

/**
 * Opens a regular file below `root` for reading; the caller closes it. `symlinks`: what to do about
 * those on the way, `refuse` them, or follow them `inside` the root, as dockerd does, which unpacks
 * a layer with the layer as its root. The last name is never followed.
 */
export function openInLayer(root: string, path: ByteString, symlinks: 'refuse' | 'inside'): Opened {
  const folders: number[] = [];
  try {
    folders.push(openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    return openFrom(folders, path, symlinks);
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return { reason: REASONS[code] ?? `it cannot be opened (${code})` };
  } finally {
    for (const fd of folders) closeSync(fd);
  }
}

const NOT_THERE = 'it is not there';
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: NOT_THERE,
  ENOTDIR: NOT_THERE,
  ELOOP: 'a symlink is in the way',
};

/** `folders` are the open directories on the way, the root first. */
function openFrom(folders: number[], path: ByteString, symlinks: 'refuse' | 'inside'): Opened {
  const todo = path.split('/').reverse();
  let links = 0;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name === '' || name === '.') continue;
    if (name.includes('\0')) return { reason: NOT_THERE };
    if (name === '..') {
      if (folders.length > 1) closeSync(folders.pop() ?? -1);
      continue;
    }
    const place = below(folders, name);
    const isLast = todo.every((rest) => rest === '');
    const stats = lstatSync(place);
    if (isLast) return stats.isFile() ? openFile(place) : { reason: 'it is no regular file' };
    if (!stats.isSymbolicLink()) {
      folders.push(openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
      continue;
    }
    links += 1;
    if (symlinks === 'refuse' || links > MAX_SYMLINKS) return { reason: REASONS['ELOOP'] ?? '' };
    const target = readlinkSync(place, { encoding: 'buffer' }).toString('latin1');
    if (target.startsWith('/')) for (const fd of folders.splice(1)) closeSync(fd);
    for (const part of target.split('/').reverse()) todo.push(part);
  }
  return { reason: 'it is no regular file' };
}

/** Never a device, whose mere opening may do something; a FIFO would wait without O_NONBLOCK. */
function openFile(place: Buffer): Opened {
  const fd = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fstatSync(fd).isFile()) return { fd };
  closeSync(fd);
  return { reason: 'it is no regular file' };
}

function below(folders: readonly number[], name: ByteString): Buffer {
  return bytesOfPath(`/proc/self/fd/${folders.at(-1) ?? -1}`, name);
}
