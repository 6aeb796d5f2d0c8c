import { asChainID, shortId, type ChainID } from '../domain/digest.ts';
import { layersOf, type Inventory } from '../domain/inventory.ts';
import { folderOfTarget, isLinkName } from '../domain/overlay-layer.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { storeFinding } from './remedies.ts';

/** What nobody refers to (store.md 7: 19, 20). None of it is ever to be deleted unasked. */
export function examineLeftovers(inventory: Inventory): StoreFinding[] {
  return [
    ...orphanDirectories(inventory),
    ...orphanLinks(inventory),
    ...orphanLayers(inventory),
    ...versionLeftovers(inventory),
    ...inventory.leftovers.temporary.map((path) =>
      storeFinding('leftover', `${path} is a temporary of a run that ended before its time`),
    ),
    ...inventory.leftovers.stray.map((path) =>
      storeFinding('stray-name', `${path} has no name that dockerd gives`),
    ),
  ];
}

function orphanDirectories(inventory: Inventory): StoreFinding[] {
  const { buildkit, directories, host, mounts, removing } = inventory;
  // Without BuildKit's own list nothing can be called an orphan.
  if (buildkit.problem !== undefined) return [];
  const used = new Set([
    ...buildkit.directories,
    ...host.ours,
    ...layersOf(inventory).map(({ cacheId }) => cacheId),
    ...removing.map(({ cacheId }) => cacheId),
    ...mounts.flatMap(({ mountId, initId }) => [mountId?.trim(), initId?.trim()]),
  ]);
  return [...directories.keys()]
    .filter((name) => !used.has(name))
    .map((name) => storeFinding('orphan-directory', `overlay2/${name} belongs to nobody`));
}

function orphanLinks({ links, directories, host }: Inventory): StoreFinding[] {
  const owned = new Set([...directories.values()].map(({ link }) => link));
  return [...links].flatMap(([name, target]) => {
    if (owned.has(name) || host.ours.has(name)) return [];
    const what =
      target === undefined || !isLinkName(name)
        ? 'is no link of dockerd'
        : 'is a link that no directory has';
    return [storeFinding('orphan-link', `overlay2/l/${name} ${what}`)];
  });
}

/** What this program has begun beside the files of a layer and not brought to its end. */
function versionLeftovers({ directories, host }: Inventory): StoreFinding[] {
  return [...directories].flatMap(([directory, { link, linkTarget, versions }]) => {
    if (host.ours.has(directory)) return [];
    const active = isLinkName(link) ? folderOfTarget(directory, linkTarget) : undefined;
    return [...versions.unknown, ...versions.strays]
      .filter((name) => name !== active)
      .map((name) =>
        storeFinding('version-leftover', `overlay2/${directory}/${name} is of no whole version`),
      );
  });
}

/** Chains without image, mount, child or build. Only the topmost: those below it hang on it. */
function orphanLayers(inventory: Inventory): StoreFinding[] {
  const { images, mounts, buildkit, host } = inventory;
  if (buildkit.problem !== undefined) return [];
  const used = new Set<ChainID | undefined>([
    ...buildkit.chainIds,
    ...mounts.map(({ parent }) => asChainID(parent)),
    ...layersOf(inventory).map(({ parent }) => asChainID(parent)),
  ]);
  for (const { chainIds } of images.values()) {
    for (const chainId of chainIds) used.add(chainId);
  }
  const withoutConfig = [...images.values()].some(({ config }) => config === undefined);
  // The image of a broken config may well be the one that a layer belongs to.
  if (withoutConfig) return [];
  return layersOf(inventory)
    .filter(({ chainId }) => !used.has(chainId) && !host.ours.has(chainId))
    .map(({ chainId }) =>
      storeFinding('orphan-layer', `layer ${shortId(chainId)} belongs to no image`, [chainId]),
    );
}
