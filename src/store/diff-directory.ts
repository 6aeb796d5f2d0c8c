import path from 'node:path';
import { RebaseError } from '../errors.ts';
import { isLayerName } from './layer-name.ts';
import { layerDirectory, type Layout } from './layout.ts';

/**
 * overlay2/<cache-id>/diff, the files of a layer; whether it is there is not asked.
 * Throws STORE_DAMAGED when the cache-id could lead elsewhere.
 */
export function diffDirectory(layout: Layout, cacheId: string): string {
  if (isLayerName(cacheId)) return path.join(layerDirectory(layout, cacheId), 'diff');
  throw new RebaseError('STORE_DAMAGED', 'a layer has a cache-id that is no name of a directory');
}
