/**
 * What taking a transaction back means on the store as it is now: which tags go back, what nothing
 * else uses and so goes, and what depends on the result and so refuses.
 */
import type { BoundPlan } from '../domain/bound-plan.ts';
import { shortId, type ImageID } from '../domain/digest.ts';
import type { TagChange } from '../domain/plan.ts';
import { tagsOf, type Snapshot } from '../domain/snapshot.ts';
import {
  resultsMade,
  tagsOnResult,
  type DoneTransaction,
  type LayerUse,
  type SwitchedLayers,
} from './done-transaction.ts';
import { removableLayers, unneededMarks } from './undo-layers.ts';
import { refusalsOf } from './undo-refusals.ts';
import { switchesBack, switchRefusals } from './undo-switches.ts';

export type { DoneTransaction, LayerUse, SwitchedLayers } from './done-transaction.ts';

export interface UndoPlan {
  /** What depends on the result, one line each; nothing may be done while there is one. */
  readonly refusals: readonly string[];
  /** The part of the transaction that is taken back. */
  readonly removable: BoundPlan;
  readonly notes: readonly string[];
}

/** The store as it is now, as far as an undo needs it. */
export interface UndoFacts {
  readonly snapshot: Snapshot;
  readonly use: LayerUse;
  readonly switched: SwitchedLayers;
}

/** Plans the undo of one published transaction; `all` are all transactions of the store. */
export function planUndo(
  transaction: DoneTransaction,
  all: readonly DoneTransaction[],
  { snapshot, use, switched }: UndoFacts,
): UndoPlan {
  const others = all.filter(({ number }) => number !== transaction.number);
  const made = resultsMade(transaction, others);
  const { back, kept } = tagsBack(transaction, made, snapshot);
  const images = removableImages(transaction, made, snapshot);
  const gone = new Set(images.map(({ imageId }) => imageId));
  const layers = removableLayers(transaction, others, gone, { snapshot, use });
  return {
    refusals: [
      ...refusalsOf(transaction, others, snapshot),
      ...switchRefusals(transaction, others, switched),
    ],
    removable: {
      layers,
      images,
      committed: unneededMarks(layers, [transaction, ...others], use),
      tags: [...back, ...digestsOf(gone, snapshot)],
      reused: [],
      tops: [],
      switches: switchesBack(transaction, switched),
    },
    notes: [
      ...transaction.bound.switches
        .filter(({ cacheId }) => !switched.versions.has(cacheId))
        .map(({ base }) => `the top layer of ${base} is gone, with all versions of its files`),
      ...movedTags(transaction, snapshot).map(({ key }) =>
        snapshot.tags.byKey.has(key)
          ? `${key} names another image by now and is left as it is`
          : `${key} was removed since and stays away`,
      ),
      ...kept.map(({ key, after }) => `${key} stays: it is the only tag of ${shortId(after)}`),
    ],
  };
}

/**
 * The tags that go back: never to an image that is gone, and no tag goes that is the last of an
 * image which was there before, as the one that --keep-old gave: without it, a prune takes it.
 */
function tagsBack(
  transaction: DoneTransaction,
  made: ReadonlyMap<ImageID, unknown>,
  snapshot: Snapshot,
): { back: TagChange[]; kept: TagChange[] } {
  const onResult = tagsOnResult(transaction, snapshot);
  const restored = new Set(onResult.map(({ before }) => before));
  const going = new Set(onResult.map(keyOf));
  const isLast = ({ before, after }: TagChange): boolean =>
    before === undefined &&
    !made.has(after) &&
    !restored.has(after) &&
    tagsOf(snapshot, after).every((key) => going.has(key));
  const kept = onResult.filter(isLast);
  const stays = new Set(kept);
  const back = onResult.filter(
    (change) =>
      !stays.has(change) && (change.before === undefined || snapshot.images.has(change.before)),
  );
  return { back, kept };
}

function movedTags({ bound }: DoneTransaction, { tags }: Snapshot): TagChange[] {
  return bound.tags.filter(({ key, before, after }) => {
    const now = tags.byKey.get(key)?.imageId;
    return now !== after && now !== before;
  });
}

/** Digest references that a push gave to an image that goes. */
function digestsOf(gone: ReadonlySet<ImageID>, { tags }: Snapshot): TagChange[] {
  return [...tags.byKey.values()]
    .filter(({ key, imageId }) => gone.has(imageId) && key.includes('@'))
    .map(({ repository, key, imageId }) => ({
      repository,
      key,
      before: undefined,
      after: imageId,
    }));
}

/** Results that a transaction of ours made and that no tag, container or other transaction keeps. */
function removableImages(
  transaction: DoneTransaction,
  made: ReturnType<typeof resultsMade>,
  snapshot: Snapshot,
): BoundPlan['images'] {
  const going = new Set(tagsOnResult(transaction, snapshot).map(keyOf));
  const used = new Set<string>(snapshot.containers.map(({ imageId }) => imageId));
  return [...made.values()].filter(({ imageId }) => {
    return !used.has(imageId) && tagsOf(snapshot, imageId).every((key) => going.has(key));
  });
}

function keyOf({ key }: TagChange): string {
  return key;
}
