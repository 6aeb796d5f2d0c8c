/**
 * Everything in a store, read as it stands: damage is a fact here and never an error. Follows no
 * symlink out of dockerd's own folders, waits for nothing, writes nothing.
 */
import path from 'node:path';
import { asChainID, type ChainID } from '../domain/digest.ts';
import type { DirectoryFacts, HostFacts, Inventory, RemovingEntry } from '../domain/inventory.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import type { Layout } from './layout.ts';
import { readBuildkit } from './read-buildkit.ts';
import { readContainerFacts } from './read-container-facts.ts';
import { namesIn, readField, statOf, targetOf } from './read-file.ts';
import { readImageFacts } from './read-image-facts.ts';
import { isLayerName } from './layer-name.ts';
import { readLayer, readLayerDirectory } from './read-layer.ts';
import { isRemoving, readLeftovers } from './read-leftovers.ts';
import { readMounts } from './read-mounts.ts';
import { readRepositories } from './read-repositories.ts';

/** The whole inventory; `host` and which temporaries are `ours` only the caller can know. */
export function readInventory(
  layout: Layout,
  host: HostFacts,
  ours: (name: string) => boolean,
): Inventory {
  const directories = readDirectories(layout);
  return {
    layers: readAllLayers(layout, directories),
    removing: readRemoving(layout),
    directories,
    links: new Map(namesIn(layout.links).map((name) => [name, linkTarget(layout, name)])),
    mounts: readMounts(layout),
    images: readImageFacts(layout),
    repositories: readRepositories(layout),
    containers: readContainerFacts(layout),
    buildkit: readBuildkit(layout),
    leftovers: readLeftovers(layout, ours),
    host,
  };
}

function readDirectories(layout: Layout): Map<string, DirectoryFacts> {
  const directories = new Map<string, DirectoryFacts>();
  for (const name of namesIn(layout.overlay)) {
    const directory =
      isLayerName(name) && name !== 'l' ? readLayerDirectory(layout, name) : undefined;
    if (directory === undefined) continue;
    const work = statOf(path.join(layout.overlay, name, 'work'));
    directories.set(name, { ...directory, hasWork: work?.isDirectory() === true });
  }
  return directories;
}

function readAllLayers(
  layout: Layout,
  directories: ReadonlyMap<string, DirectoryFacts>,
): Map<ChainID, LayerRecord | undefined> {
  const layers = new Map<ChainID, LayerRecord | undefined>();
  for (const name of namesIn(layout.layerdb)) {
    const chainId = asChainID(`sha256:${name}`);
    if (chainId === undefined) continue;
    layers.set(
      chainId,
      readLayer(layout, chainId, (cacheId) => directories.get(cacheId)),
    );
  }
  return layers;
}

function readRemoving(layout: Layout): RemovingEntry[] {
  return namesIn(layout.layerdb)
    .filter(isRemoving)
    .map((name) => {
      const entry = path.join(layout.layerdb, name);
      const isFolder = statOf(entry)?.isDirectory() === true;
      const cacheId = isFolder ? readField(path.join(entry, 'cache-id'))?.trim() : undefined;
      return { name, cacheId };
    });
}

function linkTarget(layout: Layout, name: string): string | undefined {
  return targetOf(path.join(layout.links, name));
}
