import path from 'node:path';
import { asChainID, type ChainID } from '../domain/digest.ts';
import type { Layout } from './layout.ts';
import { chainsOfBuildkit } from './read-buildkit.ts';
import { foldersIn, readField } from './read-file.ts';

/**
 * Reads who stands on which layer: parent and cache-id of every layerdb entry, the chains below
 * containers' mounts, and the chains that BuildKit holds.
 */
export function readLayerUse(layout: Layout): {
  parents: Map<ChainID, ChainID | undefined>;
  cacheIds: Map<ChainID, string>;
  mounted: Set<ChainID>;
  buildkit: Set<ChainID>;
} {
  const parents = new Map<ChainID, ChainID | undefined>();
  const cacheIds = new Map<ChainID, string>();
  for (const name of foldersIn(layout.layerdb)) {
    const chainId = asChainID(`sha256:${name}`);
    if (chainId === undefined) continue;
    const file = (entry: string): string | undefined =>
      readField(path.join(layout.layerdb, name, entry))?.trim();
    parents.set(chainId, asChainID(file('parent')));
    cacheIds.set(chainId, file('cache-id') ?? '');
  }
  return { parents, cacheIds, mounted: mountedChains(layout), buildkit: chainsOfBuildkit(layout) };
}

function mountedChains(layout: Layout): Set<ChainID> {
  const chains = foldersIn(layout.mounts).map((name) =>
    asChainID(readField(path.join(layout.mounts, name, 'parent'))?.trim()),
  );
  return new Set(chains.filter((chainId) => chainId !== undefined));
}
