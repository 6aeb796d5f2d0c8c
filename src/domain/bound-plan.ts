/**
 * A plan bound to one host's store: the exact entries that will be written there. It is what the
 * dry run shows and what the journal keeps.
 */
import type { ChainID, DiffID, ImageID } from './digest.ts';
import type { OverlayVersion } from './overlay/version.ts';
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
  /** Base layers whose files are exchanged for everyone on them. */
  readonly switches: readonly LayerSwitch[];
}

/** Another folder for an existing layer: one entry of overlay2/l is renamed over. */
export interface LayerSwitch {
  /** The base that the layer is the top of, as it was named: `debian:12`. */
  readonly base: string;
  readonly chainId: ChainID;
  readonly cacheId: string;
  readonly link: string;
  /** Folders of overlay2/<cache-id>: `diff` or `diff.<version>`. */
  readonly before: string;
  readonly after: string;
  /**
   * The version that is built for this, but for its transaction's number; undefined when `after` is
   * there already.
   */
  readonly builds: OverlayVersion | undefined;
  /** Mount options of the layer's whole stack, for the proof that it mounts: `l/X:l/Y`. */
  readonly lowerdir: string;
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
