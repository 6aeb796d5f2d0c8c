import path from 'node:path';
import type { Layout } from './layout.ts';
import { namesIn, readField } from './read-file.ts';

/** Names of layer directories and `l/` entries that are not free. */
export interface NamesInUse {
  readonly cacheIds: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
}

/**
 * Reads every name that is or was in use: overlay2's directories, the cache-ids of all layerdb
 * entries, `*-removing` ones included (dockerd deletes their directories at its next shutdown,
 * store.md 2.6), the mounts' ids, and the names in `l/`.
 */
export function readNamesInUse(layout: Layout): NamesInUse {
  const entries = namesIn(layout.layerdb).map((name) =>
    readField(path.join(layout.layerdb, name, 'cache-id'))?.trim(),
  );
  const mounts = namesIn(layout.mounts).flatMap((name) =>
    ['mount-id', 'init-id'].map((file) => readField(path.join(layout.mounts, name, file))?.trim()),
  );
  const used = [...namesIn(layout.overlay), ...entries, ...mounts];
  return {
    cacheIds: new Set(used.filter((name) => name !== undefined)),
    links: new Set(namesIn(layout.links)),
  };
}
