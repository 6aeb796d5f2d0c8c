import path from 'node:path';
import { findAlive } from '../../daemon/alive-without-daemon.ts';
import type { Layout } from '../../store/layout.ts';
import { liesOn } from '../../store/overlay/view-times.ts';
import { readContainers } from '../../store/read-containers.ts';
import { readMounts } from '../../store/read-mounts.ts';

/** A writable layer that is mounted, with whoever it belongs to. */
export interface Mounted {
  /** The container's ID; the mount's own where no container has it, as in a build. */
  readonly id: string;
  readonly name: string;
}

/**
 * What is mounted on a layer, by the layer's link, whether dockerd runs or not: containers that run
 * are. Looks once, into the mount namespace of every process.
 */
export function readMounted(layout: Layout): (link: string) => Mounted[] {
  const ids = findAlive(layout.root, layout.containers).mounts.map((mount) =>
    path.basename(path.dirname(mount)),
  );
  if (ids.length === 0) return () => [];
  const owners = new Map(readMounts(layout).map(({ name, mountId }) => [mountId, name]));
  const names = new Map(readContainers(layout).map(({ id, name }) => [id, name]));
  return (link) =>
    ids
      .filter((id) => liesOn(layout, id, link))
      .map((mountId) => {
        const id = owners.get(mountId) ?? mountId;
        return { id, name: names.get(id) ?? '' };
      });
}
