import { closeSync, fstatSync, readSync } from 'node:fs';
import type { ByteString } from '../domain/byte-string.ts';
import { activeDirectory } from './active-directory.ts';
import type { Layout } from './layout.ts';
import { openInLayer } from './open-in-layer.ts';
import { errnoOf } from './read-file.ts';

/** A file's bytes, or why they cannot be had: one line that goes on after the file's name. */
export type LayerFile = { readonly bytes: Buffer } | { readonly reason: string };

export interface ReadOptions {
  /** Bytes to take at most. */
  readonly limit: number;
  /** Take the first bytes of a larger file; without it a larger file is not read. */
  readonly head?: boolean;
}

/**
 * Reads a regular file as it is seen of one layer, overlay2/<cache-id>/diff/<path> or a version's.
 * Follows no symlink, neither on the way nor at its end. Throws STORE_DAMAGED when the cache-id is
 * no name of a directory.
 */
export function readLayerFile(
  layout: Layout,
  cacheId: string,
  path: ByteString,
  { limit, head = false }: ReadOptions,
): LayerFile {
  const opened = openInLayer(activeDirectory(layout, cacheId), path, 'refuse');
  if ('reason' in opened) return opened;
  try {
    const { size } = fstatSync(opened.fd);
    if (size > limit && !head) return { reason: `it is larger than ${limit} bytes` };
    return { bytes: firstBytes(opened.fd, Math.min(size, limit)) };
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return { reason: `it cannot be read (${code})` };
  } finally {
    closeSync(opened.fd);
  }
}

function firstBytes(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
