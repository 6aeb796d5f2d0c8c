/**
 * Which view of a base a mounted container has: the folders that overlayfs found behind the links
 * at the moment of the mount. dockerd's StartedAt does not tell: `docker restart` renews it and
 * keeps the mount.
 */
import path from 'node:path';
import { layerDirectory, linkPath, type Layout } from '../layout.ts';
import { isLayerName } from '../layer-name.ts';
import { readField, statOf } from '../read-file.ts';

/**
 * Whether a writable layer was mounted before the link of a base layer got the target that it has.
 * overlayfs makes `work/work` anew with every mount (kernel fs/overlayfs/super.c:
 * ovl_workdir_create), and a rename renews the link's ctime. What cannot be told counts as older.
 */
export function hasOlderView(layout: Layout, mountId: string, link: string): boolean {
  const mounted = bornAt(path.join(layerDirectory(layout, mountId), 'work', 'work'));
  const switched = statOf(linkPath(layout, link))?.ctimeMs;
  return mounted === undefined || switched === undefined || mounted <= switched;
}

/** Whether a writable layer has a layer below it, by the layer's link. */
export function liesOn(layout: Layout, mountId: string, link: string): boolean {
  if (!isLayerName(mountId)) return false;
  const lower = readField(path.join(layerDirectory(layout, mountId), 'lower')) ?? '';
  return lower.trim().split(':').includes(`l/${link}`);
}

/** Undefined when it is not there, or the file system does not keep times of birth. */
function bornAt(file: string): number | undefined {
  const born = statOf(file)?.birthtimeMs ?? 0;
  return born > 0 ? born : undefined;
}
