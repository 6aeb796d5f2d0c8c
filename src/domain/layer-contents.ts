/**
 * What was found out about the contents of a layer: whether its tar can be put together again, and
 * how its directory differs from it.
 */
import type { ByteString } from './byte-string.ts';
import type { ChainID, DiffID } from './digest.ts';

export interface LayerContents {
  readonly chainId: ChainID;
  /** Why its tar-split file is of no use; undefined when it is sound. */
  readonly tarSplit: string | undefined;
  /** Only of a deep examination, and of a layer with a sound tar-split file. */
  readonly deep: DeepContents | undefined;
}

export interface DeepContents {
  /** Of the tar that `docker save` would write, and what it has to be. */
  readonly diffId: DiffID;
  readonly wanted: string | undefined;
  /** Files whose content is not that of the tar. */
  readonly damaged: readonly { readonly path: ByteString; readonly reason: string }[];
  readonly differences: readonly Difference[];
  /** Overlay marks that tie the layer to those below it. */
  readonly marks: readonly { readonly path: ByteString; readonly xattr: string }[];
}

/** One path where directory and tar do not agree. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'changed' | 'whiteout';
  readonly path: ByteString;
  /** What follows the path in a sentence. */
  readonly what: string;
}
