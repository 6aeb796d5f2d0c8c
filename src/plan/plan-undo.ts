/**
 * What taking a transaction back means on the store as it is now: which tags go back, what nothing
 * else uses and so goes, and what depends on the result and so refuses.
 */
import type { BoundPlan, NewLayer } from '../domain/bound-plan.ts';
import { chainIdsOf, shortId, type ChainID, type ImageID } from '../domain/digest.ts';
import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import type { TagChange } from '../domain/plan.ts';
import type { TransactionImage, TransactionState } from '../domain/report.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';

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

export interface UndoPlan {
  /** What depends on the result, one line each; nothing may be done while there is one. */
  readonly refusals: readonly string[];
  /** The part of the transaction that is taken back. */
  readonly removable: BoundPlan;
  readonly notes: readonly string[];
}

/** Plans the undo of one published transaction; `all` are all transactions of the store. */
export function planUndo(
  transaction: DoneTransaction,
  all: readonly DoneTransaction[],
  { snapshot, use }: { snapshot: Snapshot; use: LayerUse },
): UndoPlan {
  const others = all.filter(({ number }) => number !== transaction.number);
  const made = resultsMade(transaction, others);
  const { back, kept } = tagsBack(transaction, made, snapshot);
  const images = removableImages(transaction, made, snapshot);
  const gone = new Set(images.map(({ imageId }) => imageId));
  const layers = removableLayers(transaction, others, gone, { snapshot, use });
  return {
    refusals: refusalsOf(transaction, others, snapshot),
    removable: {
      layers,
      images,
      committed: unneededMarks(layers, [transaction, ...others], use),
      tags: [...back, ...digestsOf(gone, snapshot)],
      reused: [],
      tops: [],
    },
    notes: [
      ...movedTags(transaction, snapshot).map(({ key }) =>
        snapshot.tags.byKey.has(key)
          ? `${key} names another image by now and is left as it is`
          : `${key} was removed since and stays away`,
      ),
      ...kept.map(({ key, after }) => `${key} stays: it is the only tag of ${shortId(after)}`),
    ],
  };
}

function refusalsOf(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
  snapshot: Snapshot,
): string[] {
  const results = resultsMade(transaction, others);
  const published = others.filter(({ state }) => state === 'published');
  // They share layers, and were made from images of their own.
  const rebased = new Set(published.flatMap(({ images }) => images).map(({ after }) => after));
  const ours = new Set([transaction, ...published].flatMap(({ bound }) => bound.tags.map(keyOf)));
  return [
    ...tagsOnResult(transaction, snapshot)
      .filter(({ before }) => before !== undefined && !snapshot.images.has(before))
      .map(({ key, before }) => `the old image ${shortId(before ?? '')} of ${key} is gone`),
    ...published
      .filter(({ number, images }) => {
        return number > transaction.number && images.some(({ before }) => results.has(before));
      })
      .map(({ number }) => `transaction ${number} rebased the result again: undo it first`),
    ...[...results.keys()]
      .flatMap((id) => snapshot.tags.byImage.get(id) ?? [])
      .filter((key) => !key.includes('@') && !ours.has(key))
      .map((key) => `the tag ${key} names the result`),
    ...snapshot.containers
      .filter(({ imageId }) => results.has(imageId as ImageID))
      .map(({ name, id }) => `the container ${name || shortId(id)} was made from the result`),
    ...[...snapshot.images.values()]
      .filter(({ id }) => !results.has(id) && !rebased.has(id))
      .filter((image) => isBuiltOnAny(image, results, snapshot))
      .map((image) => `the image ${nameOf(image, snapshot)} was built on the result`),
  ];
}

function isBuiltOnAny(
  image: ImageRecord,
  results: ReadonlyMap<ImageID, unknown>,
  snapshot: Snapshot,
): boolean {
  if (image.parent !== undefined && results.has(image.parent)) return true;
  return [...results.keys()].some((id) => {
    const result = snapshot.images.get(id);
    if (result === undefined || result.diffIds.length > image.diffIds.length) return false;
    if (!result.diffIds.every((diffId, index) => image.diffIds[index] === diffId)) return false;
    const { history } = parseImageConfig(result.text);
    const other = parseImageConfig(image.text).history;
    return other.length > history.length && historyStartsWith(other, history);
  });
}

/** Tags that still name the result. */
function tagsOnResult({ bound }: DoneTransaction, { tags }: Snapshot): TagChange[] {
  return bound.tags.filter(({ key, after }) => tags.byKey.get(key)?.imageId === after);
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
  const back = onResult.filter(
    (change) =>
      !kept.includes(change) && (change.before === undefined || snapshot.images.has(change.before)),
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

/**
 * Results of the transaction that it or another of ours made. An image that was there before, as
 * after a rebase there and back, is nobody's to remove, and what stands on it depends on nothing.
 */
function resultsMade(
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

/** Layers of ours that nothing which stays stands on; parents before children. */
function removableLayers(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
  gone: ReadonlySet<ImageID>,
  { snapshot, use }: { snapshot: Snapshot; use: LayerUse },
): NewLayer[] {
  const scope = new Set([
    ...transaction.bound.layers.map(({ chainId }) => chainId),
    ...transaction.bound.reused,
  ]);
  const made = [...others, transaction].flatMap(({ bound }) => bound.layers);
  const ours = new Map(
    made
      .filter(({ chainId, cacheId }) => {
        return scope.has(chainId) && (use.cacheIds.get(chainId) ?? cacheId) === cacheId;
      })
      .map((layer) => [layer.chainId, layer] as const),
  );
  const used = new Set<ChainID>();
  const keep = (chainId: ChainID | undefined): void => {
    for (let at = chainId; at !== undefined && !used.has(at); at = use.parents.get(at))
      used.add(at);
  };
  for (const image of snapshot.images.values()) {
    if (!gone.has(image.id)) chainIdsOf(image.diffIds).forEach((chainId) => used.add(chainId));
  }
  for (const chainId of [...use.mounted, ...use.buildkit]) keep(chainId);
  for (const chainId of use.parents.keys()) if (!ours.has(chainId)) keep(chainId);
  return parentsFirst([...ours.values()].filter(({ chainId }) => !used.has(chainId)));
}

function parentsFirst(layers: readonly NewLayer[]): NewLayer[] {
  const depth = (layer: NewLayer): number => layer.lower?.split(':').length ?? 0;
  return [...layers].sort((a, b) => depth(a) - depth(b));
}

/** `committed` marks of ours on layers that have no child left. */
function unneededMarks(
  layers: readonly NewLayer[],
  all: readonly DoneTransaction[],
  use: LayerUse,
): string[] {
  const marked = new Set(all.flatMap(({ bound }) => bound.committed));
  const going = new Set(layers.map(({ chainId }) => chainId));
  const parents = new Set(layers.map(({ parent }) => parent).filter((id) => id !== undefined));
  const stillParents = new Set(
    [...use.parents].filter(([child]) => !going.has(child)).map(([, parent]) => parent),
  );
  return [...parents]
    .filter((id) => !going.has(id) && !stillParents.has(id))
    .filter((id) => !use.mounted.has(id) && !use.buildkit.has(id))
    .map((id) => use.cacheIds.get(id) ?? '')
    .filter((cacheId) => marked.has(cacheId));
}

function keyOf({ key }: TagChange): string {
  return key;
}

function nameOf(image: ImageRecord, { tags }: Snapshot): string {
  return tags.byImage.get(image.id)?.[0] ?? shortId(image.id);
}
