import type { BoundPlan, LayerSwitch } from '../domain/bound-plan.ts';
import { imageIdOf, shortId, type ChainID } from '../domain/digest.ts';
import { folderOfTarget, lowerOn } from '../domain/overlay-layer.ts';
import type { Snapshot } from '../domain/snapshot.ts';

/**
 * What has changed since the plan was bound, one line each; [] when it still fits. Looked at under
 * the lock, right before the first rename: tags where they were, the new base's layers under the
 * same names, nothing in the place of what will be renamed in. `snapshot` has `concernedChains`
 * read.
 */
export function changesSince(
  bound: BoundPlan,
  snapshot: Pick<Snapshot, 'tags' | 'layers'>,
): string[] {
  const added = new Set<ChainID>(bound.layers.map(({ chainId }) => chainId));
  return [
    ...bound.tags
      .filter(({ key, before }) => snapshot.tags.byKey.get(key)?.imageId !== before)
      .map(({ key }) => `${key} names another image by now`),
    ...bound.layers
      .filter((layer) => layer.parent !== undefined && !added.has(layer.parent))
      .filter(({ parent, lower }) => lower !== lowerAbove(parent, snapshot))
      .map(({ parent }) => `layer ${shortId(parent ?? '')} of the new base is not what it was`),
    ...bound.layers
      .filter(({ chainId }) => snapshot.layers.has(chainId))
      .map(({ chainId }) => `layer ${shortId(chainId)} is there by now`),
    ...[...bound.reused, ...bound.tops.map(({ chainId }) => chainId)]
      .filter((chainId) => !added.has(chainId) && !snapshot.layers.has(chainId))
      .map((chainId) => `layer ${shortId(chainId)} is gone`),
    ...bound.images
      .filter(({ imageId, configText }) => imageIdOf(configText) !== imageId)
      .map(({ imageId }) => `the journal's config of ${shortId(imageId)} is not what its ID says`),
    ...bound.switches
      .filter((one) => !standsAsBefore(one, snapshot))
      .map(({ base }) => `the top layer of ${base} is not what it was`),
  ];
}

/** Whether a base's top layer is the same one, on the same layers, and shows the same files. */
function standsAsBefore(
  { chainId, cacheId, lowerdir, before }: LayerSwitch,
  { layers }: Pick<Snapshot, 'layers'>,
): boolean {
  const layer = layers.get(chainId);
  const target = layer?.directory?.linkTarget;
  return (
    layer?.cacheId === cacheId &&
    lowerAbove(chainId, { layers }) === lowerdir &&
    folderOfTarget(cacheId, target) === before
  );
}

/** The `lower` file of a layer on this parent as the parent is now; undefined when it is gone. */
function lowerAbove(
  parent: ChainID | undefined,
  { layers }: Pick<Snapshot, 'layers'>,
): string | undefined {
  const directory = parent === undefined ? undefined : layers.get(parent)?.directory;
  return directory?.link === undefined
    ? undefined
    : lowerOn({ link: directory.link, lower: directory.lower });
}

/** The chains whose presence decides whether a bound plan still fits. */
export function concernedChains(bound: BoundPlan): ChainID[] {
  const chains = bound.layers.flatMap(({ chainId, parent }) => [chainId, parent]);
  const tops = bound.tops.map(({ chainId }) => chainId);
  const switched = bound.switches.map(({ chainId }) => chainId);
  return [...chains, ...bound.reused, ...tops, ...switched].filter(
    (chainId) => chainId !== undefined,
  );
}
