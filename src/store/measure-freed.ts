import type { Freed } from '../domain/prune.ts';
import { findBelow, FOLDERS_PER_FIND } from './find-below.ts';
import { layerDirectory, type Layout } from './layout.ts';
import { isLayerName } from './layer-name.ts';
import { statOf } from './read-file.ts';

/**
 * What comes free when these directories of overlay2 go. A file that has a name anywhere else, as a
 * hard link of a clone, stays and frees nothing; blocks that are shared (reflinks) are counted as if
 * they were not. Names that are no layer directories count nothing.
 */
export function measureFreed(layout: Layout, cacheIds: readonly string[]): Freed {
  return measureFolders(
    layout,
    cacheIds.filter(
      (id) => isLayerName(id) && statOf(layerDirectory(layout, id))?.isDirectory() === true,
    ),
  );
}

/** The same of folders below overlay2 that are there: `<cache-id>/diff.<version>`. */
export function measureFolders(layout: Layout, there: readonly string[]): Freed {
  let bytes = 0;
  let inodes = 0;
  /** Names found so far of inodes that have several. */
  const names = new Map<string, number>();
  for (let at = 0; at < there.length; at += FOLDERS_PER_FIND) {
    const found = findBelow(layout.overlay, there.slice(at, at + FOLDERS_PER_FIND), [
      '-printf',
      '%y %b %n %D:%i\\n',
    ]);
    for (const line of found.split('\n')) {
      const [type, blocks, links, inode] = line.split(' ');
      if (inode === undefined) continue;
      const seen = (names.get(inode) ?? 0) + 1;
      if (type !== 'd' && links !== '1') names.set(inode, seen);
      if (type !== 'd' && links !== String(seen)) continue;
      bytes += Number(blocks) * 512;
      inodes += 1;
    }
  }
  return { bytes, inodes };
}
