import type { LayerIndex } from '../../src/domain/layer-index.ts';

/** What both ways to an index, tar-split file and directory, must agree about; in one order. */
export function comparableIndex({ entries, whiteouts, opaque }: LayerIndex): object {
  const plain = entries.map((entry) => ({ ...entry, crc: undefined }));
  return {
    entries: plain.sort((a, b) => (a.path < b.path ? -1 : 1)),
    whiteouts: [...whiteouts].sort(),
    opaque: [...opaque].sort(),
  };
}
