/**
 * What a prune may release: images that a rebase has replaced and that only their --keep-old tag, or
 * nothing at all, still names.
 */
import { chainIdsOf, shortId, type ChainID, type ImageID } from '../domain/digest.ts';
import type { KeptImage, OldImage, PrunePlan } from '../domain/prune.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';
import { builtOnAny } from './built-on.ts';
import type { DoneTransaction, LayerUse } from './done-transaction.ts';
import { withoutWayBack } from './way-back.ts';

/** Plans a prune; `all` are all transactions of the store. Takes and returns facts only. */
export function planPrune(
  all: readonly DoneTransaction[],
  { snapshot, use }: { snapshot: Snapshot; use: LayerUse },
): PrunePlan {
  const published = all.filter(({ state }) => state === 'published');
  const old = oldImages(published, snapshot);
  const { images, kept } = split(old, snapshot);
  const parents = buildParents(images, snapshot);
  const gone = new Set([...images.map(({ imageId }) => imageId), ...parents]);
  const hasImage = (id: ImageID): boolean => snapshot.images.has(id);
  // Layers go only when nothing is on them, their versions included: nothing to go back for.
  const hasFolder = (): boolean => true;
  const before = withoutWayBack(published, { hasImage, hasFolder });
  const after = withoutWayBack(published, {
    hasImage: (id) => hasImage(id) && !gone.has(id),
    hasFolder,
  });
  return {
    images,
    parents,
    layers: layersOnlyOf(gone, snapshot, use),
    kept,
    endsUndo: [...after].filter((number) => !before.has(number)).sort((a, b) => a - b),
  };
}

/** Replaced images that are still there, those that others were built on last. */
function oldImages(published: readonly DoneTransaction[], snapshot: Snapshot): OldImage[] {
  const names = new Map<ImageID, string>();
  const ours = new Set<string>();
  for (const { images, bound } of published) {
    const before = new Set(images.map((image) => image.before));
    for (const image of images) names.set(image.before, image.tag);
    for (const tag of bound.tags) {
      if (tag.before === undefined && before.has(tag.after)) ours.add(tag.key);
    }
  }
  const depth = (id: ImageID | undefined): number => {
    let levels = 0;
    const seen = new Set<ImageID>();
    for (let at = id; at !== undefined && !seen.has(at); at = snapshot.images.get(at)?.parent) {
      seen.add(at);
      levels += 1;
    }
    return levels;
  };
  return [...names]
    .filter(([imageId]) => snapshot.images.has(imageId))
    .map(([imageId, was]) => ({
      imageId,
      was,
      tags: tagsOf(snapshot, imageId).filter((key) => ours.has(key)),
      digests: (snapshot.tags.byImage.get(imageId) ?? []).filter((key) => key.includes('@')),
    }))
    .sort((a, b) => depth(b.imageId) - depth(a.imageId));
}

/** Parts what is released from what something uses; what is kept keeps what it was built on. */
function split(
  old: readonly OldImage[],
  snapshot: Snapshot,
): { images: OldImage[]; kept: KeptImage[] } {
  let images = [...old];
  const kept: KeptImage[] = [];
  const builtOn = imagesBuiltOn(snapshot);
  for (;;) {
    const going = new Set(images.map(({ imageId }) => imageId));
    const stayingOn = (imageId: ImageID): ImageRecord[] =>
      builtOn(imageId).filter(({ id }) => !going.has(id));
    const used = images
      .map(({ imageId, was, tags }) => ({
        imageId,
        was,
        reasons: reasonsToKeep({ imageId, tags }, snapshot, stayingOn(imageId)),
      }))
      .filter(({ reasons }) => reasons.length > 0);
    if (used.length === 0) return { images, kept };
    kept.push(...used);
    const stays = new Set(used.map(({ imageId }) => imageId));
    images = images.filter(({ imageId }) => !stays.has(imageId));
  }
}

function reasonsToKeep(
  { imageId, tags }: Pick<OldImage, 'imageId' | 'tags'>,
  snapshot: Snapshot,
  builtOnIt: readonly ImageRecord[],
): string[] {
  return [
    ...tagsOf(snapshot, imageId)
      .filter((key) => !tags.includes(key))
      .map((key) => `the tag ${key} names it`),
    ...snapshot.containers
      .filter((container) => container.imageId === imageId)
      .map(({ name, id }) => `the container ${name || shortId(id)} was made from it`),
    ...builtOnIt.map(
      ({ id }) => `the image ${tagsOf(snapshot, id)[0] ?? shortId(id)} was built on it`,
    ),
  ];
}

/** Looks up who was built on an image; only those that have its layers or name it are compared. */
function imagesBuiltOn(snapshot: Snapshot): (imageId: ImageID) => ImageRecord[] {
  const byChain = new Map<ChainID, ImageRecord[]>();
  const byParent = new Map<ImageID, ImageRecord[]>();
  for (const image of snapshot.images.values()) {
    for (const chainId of chainIdsOf(image.diffIds)) add(byChain, chainId, image);
    if (image.parent !== undefined) add(byParent, image.parent, image);
  }
  return (imageId) => {
    const top = chainIdsOf(snapshot.images.get(imageId)?.diffIds ?? []).at(-1);
    const above = top === undefined ? [...snapshot.images.values()] : (byChain.get(top) ?? []);
    const all = new Set([...above, ...(byParent.get(imageId) ?? [])]);
    return [...all].filter(builtOnAny([imageId], snapshot));
  };
}

function add<Key>(map: Map<Key, ImageRecord[]>, key: Key, image: ImageRecord): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [image]);
  else known.push(image);
}

/** Untagged images that only these were built on: dockerd removes them together (`docker rmi`). */
function buildParents(images: readonly OldImage[], snapshot: Snapshot): ImageID[] {
  const gone = new Set(images.map(({ imageId }) => imageId));
  const inUse = new Set<string>(snapshot.containers.map(({ imageId }) => imageId));
  const children = new Map<ImageID, ImageID[]>();
  for (const { id, parent } of snapshot.images.values()) {
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const parents: ImageID[] = [];
  for (const { imageId } of images) {
    let at = snapshot.images.get(imageId)?.parent;
    while (at !== undefined && !gone.has(at) && snapshot.images.has(at)) {
      const named = (snapshot.tags.byImage.get(at) ?? []).length > 0;
      const others = (children.get(at) ?? []).some((child) => !gone.has(child));
      if (named || others || inUse.has(at)) break;
      gone.add(at);
      parents.push(at);
      at = snapshot.images.get(at)?.parent;
    }
  }
  return parents;
}

/** Layers of these images that no other image, mount, build cache or foreign layer stands on. */
function layersOnlyOf(gone: ReadonlySet<ImageID>, snapshot: Snapshot, use: LayerUse): ChainID[] {
  const going = new Set<ChainID>();
  const used = new Set<ChainID>();
  for (const { id, diffIds } of snapshot.images.values()) {
    const into = gone.has(id) ? going : used;
    for (const chainId of chainIdsOf(diffIds)) into.add(chainId);
  }
  const others = [...use.parents.keys()].filter((chainId) => !going.has(chainId));
  for (const chainId of [...others, ...use.mounted, ...use.buildkit]) {
    let at: ChainID | undefined = chainId;
    const seen = new Set<ChainID>();
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      used.add(at);
      at = use.parents.get(at);
    }
  }
  return [...going].filter((chainId) => use.parents.has(chainId) && !used.has(chainId));
}
