/**
 * What a prune is about: old images that only this program keeps, and what was staged and never
 * published.
 */
import type { ChainID, ImageID } from './digest.ts';
import type { DaemonView, TransactionView } from './report.ts';

/** An image that a rebase has replaced and that nothing else uses. */
export interface OldImage {
  readonly imageId: ImageID;
  /** The tag that it had before its rebase. */
  readonly was: string;
  /** Tags of it that --keep-old made. */
  readonly tags: readonly string[];
  /** Its digest references. */
  readonly digests: readonly string[];
}

/** An old image that stays, with everything that uses it: one line each. */
export interface KeptImage {
  readonly imageId: ImageID;
  readonly was: string;
  readonly reasons: readonly string[];
}

export interface PrunePlan {
  /** Images to release, built-on ones after what was built on them. */
  readonly images: readonly OldImage[];
  /** Untagged images of their builds, which go with the last image that was built on them. */
  readonly parents: readonly ImageID[];
  /** Layers that go with the images. */
  readonly layers: readonly ChainID[];
  readonly kept: readonly KeptImage[];
  /** Transactions that can no longer be undone when the images are gone. */
  readonly endsUndo: readonly number[];
}

/** Disk space that comes free. */
export interface Freed {
  readonly bytes: number;
  readonly inodes: number;
}

/** Everything that a prune shows before it is done. */
export interface PruneReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  readonly plan: PrunePlan;
  /** Why no image can be released at present, and what to do about it; undefined when they can. */
  readonly blocked: string | undefined;
  /** Transactions that were staged, whole or in part, and not published. */
  readonly leftovers: readonly TransactionView[];
  /** What comes free: of the images (nothing while they are blocked) and of the leftovers. */
  readonly freed: Freed;
}

/** What a prune has done. */
export interface PruneOutcome {
  readonly changed: boolean;
  /** Transactions whose leftovers were thrown away. */
  readonly discarded: readonly number[];
  readonly released: readonly OldImage[];
  /** Images of the plan that came into use since it was made. */
  readonly kept: readonly KeptImage[];
}
