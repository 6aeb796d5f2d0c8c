import path from 'node:path';
import type { ChainID } from '../domain/digest.ts';
import { isLinkName } from '../domain/overlay-layer.ts';
import type { LayerDirectory, LayerRecord } from '../domain/snapshot.ts';
import { isLayerName } from './layer-name.ts';
import { layerDirectory, layerEntry, linkPath, type Layout } from './layout.ts';
import { readVersionFolders } from './overlay/read-versions.ts';
import { readField, statOf, targetOf } from './read-file.ts';

/**
 * Reads one layerdb entry with its overlay2 directory; undefined when there is no such entry.
 * White space is cut where dockerd cuts it (diff, cache-id, parent) and nowhere else (store.md 1.1).
 */
export function readLayer(
  layout: Layout,
  chainId: ChainID,
  readDirectory = (cacheId: string) => readLayerDirectory(layout, cacheId),
): LayerRecord | undefined {
  const entry = layerEntry(layout, chainId);
  if (!statOf(entry)?.isDirectory()) return undefined;
  const file = (name: string): string | undefined => readField(path.join(entry, name));
  const cacheId = file('cache-id')?.trim();
  return {
    chainId,
    diff: file('diff')?.trim(),
    size: file('size'),
    cacheId,
    parent: file('parent')?.trim(),
    directory: cacheId === undefined ? undefined : readDirectory(cacheId),
  };
}

/** Of a layer its cache-id alone, as `readLayer` reads it; undefined when there is no such entry. */
export function readCacheId(layout: Layout, chainId: ChainID): string | undefined {
  const entry = layerEntry(layout, chainId);
  if (!statOf(entry)?.isDirectory()) return undefined;
  return readField(path.join(entry, 'cache-id'))?.trim();
}

/** Reads overlay2/<cache-id>; undefined when it is no directory or no name of one. */
export function readLayerDirectory(layout: Layout, cacheId: string): LayerDirectory | undefined {
  if (!isLayerName(cacheId)) return undefined;
  const directory = layerDirectory(layout, cacheId);
  if (!statOf(directory)?.isDirectory()) return undefined;
  const link = readField(path.join(directory, 'link'));
  return {
    hasDiff: statOf(path.join(directory, 'diff'))?.isDirectory() === true,
    link,
    lower: readField(path.join(directory, 'lower')),
    linkTarget: isLinkName(link) ? targetOf(linkPath(layout, link)) : undefined,
    committed: statOf(path.join(directory, 'committed')) !== undefined,
    versions: readVersionFolders(directory),
  };
}
