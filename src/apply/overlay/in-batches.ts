/** What one run of a copying program is given: so much, that its start costs nothing beside it. */
const FILES = 10_000;
const BYTES = 256 * 2 ** 20;

/** The files in parts after each of which it can be said how far the work is. */
export function* inBatches<T extends { readonly size: number }>(
  files: readonly T[],
): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const file of files) {
    batch.push(file);
    bytes += file.size;
    if (batch.length < FILES && bytes < BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
