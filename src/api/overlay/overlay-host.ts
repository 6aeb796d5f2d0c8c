/**
 * What the overlay commands know of a host before they plan: its images and containers, who stands
 * on which layer, and the versions that layers have.
 */
import path from 'node:path';
import { findAlive } from '../../daemon/alive-without-daemon.ts';
import type { ChainID } from '../../domain/digest.ts';
import type { LayerSharers } from '../../domain/overlay/report.ts';
import type { LayerVersions } from '../../domain/overlay/version.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { layerSharers } from '../../resolve/layer-sharers.ts';
import { hasOlderView, liesOn } from '../../store/overlay/view-times.ts';
import { readMounts } from '../../store/read-mounts.ts';
import { readSnapshot } from '../../store/read-snapshot.ts';
import type { OpenStore } from '../open-store.ts';
import { readStackFacts } from './read-stack-facts.ts';

export interface OverlayHost {
  readonly store: OpenStore;
  readonly snapshot: Snapshot;
  readonly parents: ReadonlyMap<ChainID, ChainID | undefined>;
  readonly cacheIds: ReadonlyMap<ChainID, string>;
  /** Of every layer that has one, by cache-id. */
  readonly versions: ReadonlyMap<string, LayerVersions>;
  readonly sharersOf: (chainId: ChainID) => LayerSharers;
  /** Names of those that are mounted with a view from before the last switch of this link. */
  readonly olderViews: (link: string) => string[];
}

/** Reads it. Throws STORE_DAMAGED when repositories.json cannot be read. */
export function readOverlayHost(store: OpenStore): OverlayHost {
  const { layout, dockerd } = store;
  const snapshot = readSnapshot(layout);
  const { parents, cacheIds, versions } = readStackFacts(layout);
  const mounts = readMounts(layout);
  const mounted = new Map<string, string | undefined>(
    mounts.map(({ name, parent }) => [name, parent]),
  );
  const alive = findAlive(layout.root, layout.containers);
  const running = new Set<string>(
    dockerd.running
      ? snapshot.containers.filter((container) => container.running).map(({ id }) => id)
      : alive.containers.map(({ id }) => id),
  );
  const isRunning = (id: string): boolean => running.has(id);
  const names = new Map(snapshot.containers.map(({ id, name }) => [id, name || id]));
  const owners = new Map(mounts.map(({ name, mountId }) => [mountId, names.get(name) ?? name]));
  return {
    store,
    snapshot,
    parents,
    cacheIds,
    versions,
    sharersOf: (chainId) => layerSharers(chainId, { snapshot, parents, mounted, isRunning }),
    olderViews: (link) =>
      alive.mounts
        .map((mount) => path.basename(path.dirname(mount)))
        .filter((id) => liesOn(layout, id, link) && hasOlderView(layout, id, link))
        .map((id) => owners.get(id) ?? `the mount of overlay2/${id}`)
        .sort(),
  };
}
