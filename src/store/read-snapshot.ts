import type { ChainID } from '../domain/digest.ts';
import type { LayerRecord, Snapshot } from '../domain/snapshot.ts';
import type { Layout } from './layout.ts';
import { readContainers } from './read-containers.ts';
import { readImages } from './read-images.ts';
import { readLayer } from './read-layer.ts';
import { readTags } from './read-tags.ts';

/**
 * Reads images, tags and containers; no layers yet, since a request concerns few of them
 * (`readLayers`). Throws STORE_DAMAGED when repositories.json cannot be read.
 */
export function readSnapshot(layout: Layout): Snapshot {
  return {
    ...readImages(layout),
    tags: readTags(layout),
    containers: readContainers(layout),
    layers: new Map(),
  };
}

/** Reads these layers; chains that do not exist stay absent. */
export function readLayers(layout: Layout, chainIds: Iterable<ChainID>): Map<ChainID, LayerRecord> {
  const layers = new Map<ChainID, LayerRecord>();
  for (const chainId of new Set(chainIds)) {
    const layer = readLayer(layout, chainId);
    if (layer !== undefined) layers.set(chainId, layer);
  }
  return layers;
}
