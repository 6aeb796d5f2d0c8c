import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { textOfBytes, type ByteString } from '../../domain/byte-string.ts';
import type { Assembly, AssemblyEntry } from '../../domain/overlay/assembly.ts';
import type { Progress } from '../../domain/progress.ts';
import { RebaseError } from '../../errors.ts';

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
    const place = placeOf(assembly, file);
    const stats = lstatSync(place);
    if (!stats.isFile()) continue;
    const hash = createHash('sha256');
    for (const bytes of contentOf(place, buffer)) {
      hash.update(bytes);
      done += bytes.length;
      unseen += bytes.length;
      if (unseen < CHUNK) continue;
      unseen = 0;
      progress?.('read the files of the bundle', { done, total, unit: 'bytes' });
      await setImmediate();
      signal?.throwIfAborted();
    }
    refuseChanged(file, stats);
    sums.set(file.path, hash.digest('hex'));
  }
  return sums;
}

function placeOf({ sources }: Assembly, { source, path }: AssemblyEntry): Buffer {
  return Buffer.concat([
    Buffer.from(`${sources[source]?.folder ?? ''}/`),
    Buffer.from(path, 'latin1'),
  ]);
}

function* contentOf(place: Buffer, buffer: Buffer): Generator<Buffer, void> {
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

function refuseChanged({ path, size }: AssemblyEntry, stats: Stats): void {
  if (stats.size === size) return;
  throw new RebaseError(
    'STORE_CHANGED',
    `/${textOfBytes(path)} of a base changed while it was read`,
    {
      hint: 'layers do not change: rebase-image doctor says more',
    },
  );
}
