import path from 'node:path';
import { asChainID, type ChainID } from '../domain/digest.ts';
import type { Layout } from './layout.ts';
import { namesIn, readBytes, readField } from './read-file.ts';

/**
 * Reads who stands on which layer: parent and cache-id of every layerdb entry, the chains below
 * containers' mounts, and the chains that BuildKit's snapshot database names. The database is
 * searched for the digests as bytes, which may find too many and never too few (store.md 1.12).
 */
export function readLayerUse(layout: Layout): {
  parents: Map<ChainID, ChainID | undefined>;
  cacheIds: Map<ChainID, string>;
  mounted: Set<ChainID>;
  buildkit: Set<ChainID>;
} {
  const parents = new Map<ChainID, ChainID | undefined>();
  const cacheIds = new Map<ChainID, string>();
  for (const name of namesIn(layout.layerdb)) {
    const chainId = asChainID(`sha256:${name}`);
    if (chainId === undefined) continue;
    const file = (entry: string): string | undefined =>
      readField(path.join(layout.layerdb, name, entry))?.trim();
    parents.set(chainId, asChainID(file('parent')));
    cacheIds.set(chainId, file('cache-id') ?? '');
  }
  return { parents, cacheIds, mounted: mountedChains(layout), buildkit: buildkitChains(layout) };
}

function mountedChains(layout: Layout): Set<ChainID> {
  const chains = namesIn(layout.mounts).map((name) =>
    asChainID(readField(path.join(layout.mounts, name, 'parent'))?.trim()),
  );
  return new Set(chains.filter((chainId) => chainId !== undefined));
}

function buildkitChains(layout: Layout): Set<ChainID> {
  const database = readBytes(layout.buildkitSnapshots)?.toString('latin1') ?? '';
  const found = database.match(/sha256:[0-9a-f]{64}/g) ?? [];
  return new Set(found.map(asChainID).filter((chainId) => chainId !== undefined));
}
