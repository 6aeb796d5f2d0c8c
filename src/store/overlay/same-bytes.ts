/**
 * Whether files of two layer folders have the same content.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { ByteString } from '../../domain/byte-string.ts';
import { openWalkedFile } from './open-walked-file.ts';

const CHUNK = 1024 * 1024;
/** Kept: there may be very many small files. */
const [LEFT, RIGHT] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];

/** A file in a layer's folder. */
export interface FileAt {
  readonly folder: string;
  readonly path: ByteString;
}

/** Whether two regular files are one file, or have the same bytes. Throws STORE_CHANGED. */
export function haveSameBytes(a: FileAt, b: FileAt): boolean {
  return withFile(a, (one) =>
    withFile(b, (other) => {
      const [first, second] = [
        fstatSync(one, { bigint: true }),
        fstatSync(other, { bigint: true }),
      ];
      if (first.dev === second.dev && first.ino === second.ino) return true;
      if (first.size !== second.size) return false;
      for (;;) {
        const count = readWhole(one, LEFT);
        if (count !== readWhole(other, RIGHT)) return false;
        if (LEFT.compare(RIGHT, 0, count, 0, count) !== 0) return false;
        if (count < CHUNK) return true;
      }
    }),
  );
}

/** Whether a regular file's bytes have this sha256 (hex). Throws STORE_CHANGED. */
export function hasSha256(file: FileAt, sha256: string): boolean {
  return withFile(file, (fd) => {
    const hash = createHash('sha256');
    for (let count = CHUNK; count === CHUNK;) {
      count = readWhole(fd, LEFT);
      hash.update(LEFT.subarray(0, count));
    }
    return hash.digest('hex') === sha256;
  });
}

function withFile<T>({ folder, path }: FileAt, use: (fd: number) => T): T {
  const fd = openWalkedFile(folder, path);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Fills the buffer as far as the file goes; returns how many bytes there were. */
function readWhole(fd: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
