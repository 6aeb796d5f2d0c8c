import { asChainID, shortId, type ChainID } from '../domain/digest.ts';
import { counted } from '../domain/counted.ts';
import { folderOfVersion } from '../domain/overlay/version.ts';
import { folderOfTarget } from '../domain/overlay-layer.ts';
import { layersOf, type DirectoryOwner, type Inventory } from '../domain/inventory.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { layerProblems } from './layer-problems.ts';
import { storeFinding } from './remedies.ts';

/** The entries of layerdb, each by itself and against its parent (store.md 7: 1, 2, 3, 6, 7, 8). */
export function examineLayers(inventory: Inventory): StoreFinding[] {
  const known = withoutShared(inventory).layers;
  return [...inventory.layers].flatMap(([chainId, layer]) => {
    const name = `layer ${shortId(chainId)}`;
    if (layer === undefined) {
      return [storeFinding('layer-incomplete', `${name} is no folder of layerdb`, [chainId])];
    }
    const isShared = layer.directory !== known.get(chainId)?.directory;
    return layerProblems(layer, known)
      .filter(({ code }) => !(isShared && code === 'lower-wrong'))
      .map(({ code, what }) => storeFinding(code, `${name} ${what}`, [chainId]));
  });
}

/** What is about to be deleted at dockerd's shutdown, with nobody else on it (store.md 7: 5). */
export function examineRemoving(inventory: Inventory): StoreFinding[] {
  const owners = ownersOf(inventory);
  return inventory.removing
    .filter(({ cacheId }) => (owners.get(cacheId ?? '')?.length ?? 0) < 2)
    .map(({ name }) =>
      storeFinding('layer-removing', `layerdb/sha256/${name} waits to be removed`),
    );
}

/** No directory belongs to two (store.md 7: 4, 5). */
export function examineSharing(inventory: Inventory): StoreFinding[] {
  return [...ownersOf(inventory)].flatMap(([cacheId, owners]) => sharingFindings(cacheId, owners));
}

/**
 * The inventory with what is known of directories left out where two layers, or a layer and a
 * container, have one: whose `lower` and files they are cannot be said, and what is derived from
 * them would put the blame, and the remedy, in the wrong place.
 */
export function withoutShared(inventory: Inventory): Inventory {
  const shared = new Set(
    [...ownersOf(inventory)]
      .filter(([, owners]) => owners.filter(({ kind }) => kind !== 'removing').length > 1)
      .map(([cacheId]) => cacheId),
  );
  if (shared.size === 0) return inventory;
  const layers = [...inventory.layers].map(([chainId, layer]) => {
    const isShared = layer?.cacheId !== undefined && shared.has(layer.cacheId);
    return [chainId, isShared ? { ...layer, directory: undefined } : layer] as const;
  });
  return { ...inventory, layers: new Map(layers) };
}

/** What follows when an overlay2 directory has these owners. */
export function sharingFindings(
  cacheId: string,
  owners: readonly DirectoryOwner[],
): StoreFinding[] {
  const live = owners.filter(({ kind }) => kind !== 'removing');
  const [removing] = owners.filter(({ kind }) => kind === 'removing');
  const about = live.map(({ id }) => id);
  const names = live.map(({ kind, id }) => `${kind} ${shortId(id)}`).join(' and ');
  const directory = `overlay2/${cacheId.slice(0, 12)}…`;
  return [
    ...(live.length > 1
      ? [storeFinding('cache-id-shared', `${names} have the one directory ${directory}`, about)]
      : []),
    ...(removing !== undefined && live.length > 0
      ? [
          storeFinding(
            'removing-live',
            `layerdb/sha256/${removing.id} names ${directory}, which is that of ${names}`,
            about,
          ),
        ]
      : []),
  ];
}

/** Layers that show a version of their files, which is no damage. */
export function examineVersions(inventory: Inventory): StoreFinding[] {
  return layersOf(inventory).flatMap(({ chainId, cacheId, directory }) => {
    const shown = folderOfTarget(cacheId ?? '', directory?.linkTarget);
    const version = directory?.versions.versions.find(
      (each) => folderOfVersion(each.version) === shown,
    );
    if (directory === undefined || version === undefined) return [];
    const count = counted(directory.versions.versions.length, 'version');
    const what = `is a modified base: it shows ${version.shows.name}, version ${version.version}`;
    return [
      storeFinding('base-modified', `layer ${shortId(chainId)} ${what} (${count})`, [chainId]),
    ];
  });
}

/** Marks and folders that depend on what stands on a layer (store.md 7: 9). */
export function examineMarks(inventory: Inventory): StoreFinding[] {
  const { mounts, directories } = inventory;
  const parents = [...layersOf(inventory), ...mounts].map(({ parent }) => asChainID(parent));
  const hasChild = new Set(parents);
  return layersOf(inventory).flatMap(({ chainId, cacheId, directory }) => {
    if (cacheId === undefined || directory?.hasDiff !== true) return [];
    const name = `layer ${shortId(chainId)} (overlay2/${cacheId.slice(0, 12)}…)`;
    const unmarked = hasChild.has(chainId) && !directory.committed;
    const workless = directory.lower !== undefined && directories.get(cacheId)?.hasWork === false;
    return [
      ...(unmarked
        ? [storeFinding('committed-missing', `${name} has no file "committed"`, [chainId])]
        : []),
      ...(workless
        ? [storeFinding('work-missing', `${name} has no folder "work"`, [chainId])]
        : []),
    ];
  });
}

function ownersOf({ layers, removing, mounts }: Inventory): Map<string, DirectoryOwner[]> {
  const owners = new Map<string, DirectoryOwner[]>();
  const add = (name: string | undefined, owner: DirectoryOwner): void => {
    if (name !== undefined && name !== '') owners.set(name, [...(owners.get(name) ?? []), owner]);
  };
  for (const { cacheId, chainId } of layersOf({ layers })) {
    add(cacheId, { kind: 'layer', id: chainId });
  }
  for (const { cacheId, name } of removing) add(cacheId, { kind: 'removing', id: name });
  for (const { name, mountId, initId } of mounts) {
    add(mountId, { kind: 'container', id: name });
    add(initId, { kind: 'container', id: name });
  }
  return owners;
}

/** Finds every layer that stands on one of these, themselves included. */
export function descendantsIn(
  inventory: Pick<Inventory, 'layers'>,
): (chainIds: Iterable<ChainID>) => Set<ChainID> {
  const children = new Map<ChainID, ChainID[]>();
  for (const { chainId, parent } of layersOf(inventory)) {
    const parentId = asChainID(parent);
    if (parentId === undefined) continue;
    const known = children.get(parentId);
    if (known === undefined) children.set(parentId, [chainId]);
    else known.push(chainId);
  }
  return (chainIds) => {
    const found = new Set<ChainID>();
    const open = [...chainIds];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(children.get(next) ?? []));
    }
    return found;
  };
}
