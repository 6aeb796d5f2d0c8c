import path from 'node:path';
import { ORIGINAL } from '../domain/overlay/version.ts';
import { folderOfTarget, isLinkName } from '../domain/overlay-layer.ts';
import { diffDirectory } from './diff-directory.ts';
import { layerDirectory, linkPath, type Layout } from './layout.ts';
import { readField, targetOf } from './read-file.ts';

/**
 * The folder with the files that containers see of a layer: overlay2/<cache-id>/diff, or the version
 * of it that the layer's entry in overlay2/l leads to; whether it is there is not asked.
 * Throws STORE_DAMAGED when the cache-id could lead elsewhere.
 */
export function activeDirectory(layout: Layout, cacheId: string): string {
  const diff = diffDirectory(layout, cacheId);
  return path.join(path.dirname(diff), activeFolder(layout, cacheId) ?? ORIGINAL);
}

/**
 * The name of that folder, `diff` or `diff.<version>`; undefined when the entry in overlay2/l leads
 * to neither. The cache-id must be the name of a directory.
 */
export function activeFolder(layout: Layout, cacheId: string): string | undefined {
  const link = readField(path.join(layerDirectory(layout, cacheId), 'link'));
  return isLinkName(link) ? folderOfTarget(cacheId, targetOf(linkPath(layout, link))) : undefined;
}

/** Whether a version of a layer's files is seen in place of its own; as `activeDirectory`. */
export function isModified(layout: Layout, cacheId: string): boolean {
  return path.basename(activeDirectory(layout, cacheId)) !== ORIGINAL;
}
