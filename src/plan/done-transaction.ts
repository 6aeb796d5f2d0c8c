/** What an undo is planned from: transactions, and who stands on which layer. */
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { ChainID, ImageID } from '../domain/digest.ts';
import type { LayerVersions } from '../domain/overlay/version.ts';
import type { TagChange } from '../domain/plan.ts';
import type { TransactionImage, TransactionState } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';

/** A transaction as far as its undo needs it. */
export interface DoneTransaction {
  readonly number: number;
  readonly state: TransactionState;
  readonly images: readonly TransactionImage[];
  readonly bound: BoundPlan;
}

/** Every layerdb entry, and who holds layers besides images. */
export interface LayerUse {
  /** Parent of each entry that exists; undefined for a base layer. */
  readonly parents: ReadonlyMap<ChainID, ChainID | undefined>;
  /** cache-id of each entry that exists. */
  readonly cacheIds: ReadonlyMap<ChainID, string>;
  /** Chains that containers' mounts stand on. */
  readonly mounted: ReadonlySet<ChainID>;
  /** Chains that BuildKit's database names. */
  readonly buildkit: ReadonlySet<ChainID>;
}

/** How the layers stand that transactions have switched. */
export interface SwitchedLayers {
  /** By cache-id; a layer that is gone has none. */
  readonly versions: ReadonlyMap<string, LayerVersions>;
  /** Names of the containers that run on a chain. */
  readonly running: ReadonlyMap<ChainID, readonly string[]>;
  /** What the versions of layers that stand on a chain are called. */
  readonly above: ReadonlyMap<ChainID, readonly string[]>;
}

/**
 * Results of the transaction that it or another of ours made. An image that was there before, as
 * after a rebase there and back, is nobody's to remove, and what stands on it depends on nothing.
 */
export function resultsMade(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
): Map<ImageID, BoundPlan['images'][number]> {
  const results = new Set(transaction.images.map(({ after }) => after));
  const made = [transaction, ...others].flatMap(({ bound }) => bound.images);
  return new Map(
    made
      .filter(({ imageId }) => results.has(imageId))
      .map((image) => [image.imageId, image] as const),
  );
}

/** Tags that still name the result. */
export function tagsOnResult({ bound }: DoneTransaction, { tags }: Snapshot): TagChange[] {
  return bound.tags.filter(({ key, after }) => tags.byKey.get(key)?.imageId === after);
}
