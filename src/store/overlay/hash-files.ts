import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ByteString } from '../../domain/byte-string.ts';
import type { Assembly, AssemblyEntry } from '../../domain/overlay/assembly.ts';
import type { Progress } from '../../domain/progress.ts';
import { changedWhileRead, openWalkedFile } from './open-walked-file.ts';

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of `read the files of the bundle` with bytes. */
  readonly progress?: Progress | undefined;
}

/** Bytes that are read at once, and after which others have their turn. */
const CHUNK = 2 ** 20;

/**
 * The sha256, in hex, of every regular file of an assembly, by its path. Reads in constant memory.
 * Throws STORE_CHANGED when a file is not what the assembly says.
 */
export async function hashFiles(
  assembly: Assembly,
  { signal, progress }: HashOptions = {},
): Promise<ReadonlyMap<ByteString, string>> {
  const total = assembly.files.reduce((sum, { size }) => sum + size, 0);
  const buffer = Buffer.allocUnsafe(CHUNK);
  const sums = new Map<ByteString, string>();
  let done = 0;
  let unseen = 0;
  for (const file of assembly.files) {
    if (file.type !== 'file') continue;
    const hash = createHash('sha256');
    let size = 0;
    for (const bytes of contentOf(assembly, file, buffer)) {
      hash.update(bytes);
      size += bytes.length;
      done += bytes.length;
      unseen += bytes.length;
      if (unseen < CHUNK) continue;
      unseen = 0;
      progress?.('read the files of the bundle', { done, total, unit: 'bytes' });
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (size !== file.size) throw changedWhileRead(file.path);
    sums.set(file.path, hash.digest('hex'));
  }
  return sums;
}

function* contentOf(
  { sources }: Assembly,
  { source, path }: AssemblyEntry,
  buffer: Buffer,
): Generator<Buffer, void> {
  const fd = openWalkedFile(sources[source]?.folder ?? '', path);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}
