/**
 * A plan bound to one host's store: the exact entries that will be written there. It is what the
 * dry run shows and what the journal keeps.
 */
import type { ChainID, DiffID, ImageID } from './digest.ts';
import type { TagChange } from './plan.ts';

export interface BoundPlan {
  /** Layers to add, parents before children. */
  readonly layers: readonly NewLayer[];
  /** Chains of the result above the new base that are there already and are used as they are. */
  readonly reused: readonly ChainID[];
  /** Cache-ids of existing layers that get their first child, and with it the file `committed`. */
  readonly committed: readonly string[];
  readonly images: readonly NewImage[];
  readonly tags: readonly TagChange[];
  /** Top chain of every result, for the proof that it mounts. */
  readonly tops: readonly ChainStack[];
}

/** A layerdb entry and its overlay2 directory, cloned from an existing layer. */
export interface NewLayer {
  readonly chainId: ChainID;
  readonly diffId: DiffID;
  readonly parent: ChainID | undefined;
  readonly cacheId: string;
  readonly link: string;
  /** Content of the file `lower`; undefined without a parent. */
  readonly lower: string | undefined;
  readonly source: { readonly chainId: ChainID; readonly cacheId: string };
}

export interface NewImage {
  readonly imageId: ImageID;
  readonly configText: string;
}

/** A whole stack as overlay2 mounts it: links, nearest first (`l/X:l/Y`). */
export interface ChainStack {
  readonly chainId: ChainID;
  readonly diffIds: readonly DiffID[];
  readonly lowerdir: string;
}
