import path from 'node:path';
import { asChainID } from '../domain/digest.ts';
import type { DirectoryOwner } from '../domain/inventory.ts';
import type { Layout } from './layout.ts';
import { foldersIn, namesIn, readField } from './read-file.ts';

/** Names of layer directories and `l/` entries that are not free. */
export interface NamesInUse {
  readonly cacheIds: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
}

/**
 * Reads every name that is or was in use: overlay2's directories, those that somebody says are his,
 * and the names in `l/`.
 */
export function readNamesInUse(
  layout: Layout,
  owners: ReadonlyMap<string, unknown> = readDirectoryOwners(layout),
): NamesInUse {
  return {
    cacheIds: new Set([...namesIn(layout.overlay), ...owners.keys()]),
    links: new Set(namesIn(layout.links)),
  };
}

/**
 * Reads who says of which overlay2 directory that it is his: all layerdb entries, `*-removing` ones
 * included (dockerd deletes their directories at its next shutdown, store.md 2.6), and the mounts.
 */
export function readDirectoryOwners(layout: Layout): Map<string, DirectoryOwner[]> {
  const owners = new Map<string, DirectoryOwner[]>();
  const add = (file: string, owner: DirectoryOwner): void => {
    const name = readField(file)?.trim();
    if (name !== undefined) owners.set(name, [...(owners.get(name) ?? []), owner]);
  };
  for (const name of foldersIn(layout.layerdb)) {
    const chainId = asChainID(`sha256:${name}`);
    const kind = chainId === undefined ? 'removing' : 'layer';
    add(path.join(layout.layerdb, name, 'cache-id'), { kind, id: chainId ?? name });
  }
  for (const name of foldersIn(layout.mounts)) {
    for (const file of ['mount-id', 'init-id']) {
      add(path.join(layout.mounts, name, file), { kind: 'container', id: name });
    }
  }
  return owners;
}
