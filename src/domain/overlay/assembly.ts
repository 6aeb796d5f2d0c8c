/**
 * How a layer's folder is put together from the files of others, so that what is seen through it is
 * another base.
 */
import type { ByteString } from '../byte-string.ts';
import type { LayerEntry } from '../layer-index.ts';

/** A folder in OverlayFS form that files are taken from. */
export interface AssemblySource {
  /** Absolute path. */
  readonly folder: string;
  /** Whether nobody else has these files, so that each may be moved instead of copied. */
  readonly owned: boolean;
}

/**
 * What the result has at a path, which is the same in the source. `hardLinkOf`: of the names that a
 * file has in the result the first in byte order.
 */
export interface AssemblyEntry extends LayerEntry {
  /** Index into `sources`. */
  readonly source: number;
}

export interface Assembly {
  readonly sources: readonly AssemblySource[];
  /** The root first, every other one after the one that it is in. */
  readonly directories: readonly AssemblyEntry[];
  /** Everything else that the result has. */
  readonly files: readonly AssemblyEntry[];
  /** Names that are hidden; each is in one of the directories. */
  readonly whiteouts: readonly ByteString[];
}
