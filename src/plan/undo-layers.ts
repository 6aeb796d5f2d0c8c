/** Which layers and marks of ours nothing uses any more. */
import type { NewLayer } from '../domain/bound-plan.ts';
import { chainIdsOf, type ChainID, type ImageID } from '../domain/digest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DoneTransaction, LayerUse } from './done-transaction.ts';

/**
 * Layers of ours that nothing which stays stands on; parents before children. Of a layer whose entry
 * is dockerd's own by now (it pulled or built the chain) our directory goes, unless one that stays
 * is stacked on it.
 */
export function removableLayers(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
  gone: ReadonlySet<ImageID>,
  { snapshot, use }: { snapshot: Snapshot; use: LayerUse },
): NewLayer[] {
  const scope = new Set([
    ...transaction.bound.layers.map(({ chainId }) => chainId),
    ...transaction.bound.reused,
  ]);
  const made = [...others, transaction]
    .flatMap(({ bound }) => bound.layers)
    .filter(({ chainId }) => scope.has(chainId));
  const ours = new Map(
    made.filter((layer) => standsFor(layer, use)).map((layer) => [layer.chainId, layer] as const),
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
  const unused = [...ours.values()].filter(({ chainId }) => !used.has(chainId));
  const staying = [...ours.values()].filter(({ chainId }) => used.has(chainId));
  const replaced = made.filter((layer) => !standsFor(layer, use));
  return parentsFirst([...unused, ...replaced.filter((layer) => !isBelowAny(layer, staying, use))]);
}

/** Whether the entry of a layer is ours, or gone. */
function standsFor({ chainId, cacheId }: NewLayer, use: LayerUse): boolean {
  return (use.cacheIds.get(chainId) ?? cacheId) === cacheId;
}

/** Whether a layer's directory is in the stack of one of these, or stands for another entry. */
function isBelowAny(
  { link, cacheId }: NewLayer,
  layers: readonly NewLayer[],
  use: LayerUse,
): boolean {
  return (
    [...use.cacheIds.values()].includes(cacheId) ||
    layers.some(({ lower }) => lower?.split(':').includes(`l/${link}`) === true)
  );
}

function parentsFirst(layers: readonly NewLayer[]): NewLayer[] {
  const depth = (layer: NewLayer): number => layer.lower?.split(':').length ?? 0;
  return [...layers].sort((a, b) => depth(a) - depth(b));
}

/** `committed` marks of ours on layers that have no child left. */
export function unneededMarks(
  layers: readonly NewLayer[],
  all: readonly DoneTransaction[],
  use: LayerUse,
): string[] {
  const marked = new Set(all.flatMap(({ bound }) => bound.committed));
  const going = new Set(
    layers.filter((layer) => standsFor(layer, use)).map(({ chainId }) => chainId),
  );
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
