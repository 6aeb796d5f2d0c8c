import { shortId } from '../domain/digest.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { storeFinding } from './remedies.ts';

/** What keeps an index of the layers besides layerdb: BuildKit (store.md 7: 21). */
export function examineBuildkit({ buildkit, layers }: Inventory): StoreFinding[] {
  const { problem, chainIds } = buildkit;
  if (problem !== undefined) {
    return [
      storeFinding('buildkit-unreadable', `buildkit/snapshots.db cannot be read: ${problem}`),
    ];
  }
  return [...chainIds]
    .filter((chainId) => !layers.has(chainId))
    .map((chainId) =>
      storeFinding(
        'buildkit-layer-missing',
        `the build cache holds layer ${shortId(chainId)}, which is not in layerdb`,
        [chainId],
      ),
    );
}

/** Whether dockerd would know which store is its own (store.md 7: 22). */
export function examineDrivers({ host }: Inventory): StoreFinding[] {
  return host.otherDrivers.map((name) =>
    storeFinding('several-drivers', `${name} stands beside overlay2, and both hold something`),
  );
}
