import path from 'node:path';
import type { ChainID } from '../domain/digest.ts';
import type { LayerIndex } from '../domain/layer-index.ts';
import { ORIGINAL } from '../domain/overlay/version.ts';
import { RebaseError } from '../errors.ts';
import { activeDirectory, isModified } from './active-directory.ts';
import { IndexBuilder } from './index-builder.ts';
import { remappedRoot } from './layer-owner.ts';
import { layerEntry, type Layout } from './layout.ts';
import { tarMembers } from './tar-members.ts';
import { readTarSplit, tarSplitEntries } from './tar-split.ts';
import { walkFolder, walkLayer } from './walk-layer.ts';

/** Which layer of the store: its layerdb entry, and its overlay2 directory if that is known. */
export interface LayerLocation {
  readonly chainId: ChainID;
  readonly cacheId: string | undefined;
  /** The folder of its directory that is seen, where somebody has looked (`activeFolder`). */
  readonly folder?: string | undefined;
}

/**
 * What is seen of a layer, as its tar-split file says. Where that is missing or damaged, its
 * directory is walked instead: then `source` is `directory`, and no checksums are known. So is a
 * version that is seen in place of its own files, which no tar-split describes: `version`.
 * Throws STORE_DAMAGED when neither can be read.
 */
export function readLayerIndex(layout: Layout, location: LayerLocation): LayerIndex {
  const { chainId, cacheId } = location;
  if (cacheId !== undefined && showsVersion(layout, cacheId, location.folder)) {
    const walked = walkFolder(activeDirectory(layout, cacheId), remappedRoot(layout));
    return { ...walked, source: 'version' };
  }
  try {
    return indexOfTarSplit(path.join(layerEntry(layout, chainId), 'tar-split.json.gz'));
  } catch (error) {
    if (!(error instanceof RebaseError && error.code === 'STORE_DAMAGED')) throw error;
    if (cacheId === undefined) throw error;
    return walkLayer(layout, cacheId);
  }
}

function showsVersion(layout: Layout, cacheId: string, folder: string | undefined): boolean {
  return folder === undefined ? isModified(layout, cacheId) : folder !== ORIGINAL;
}

/** The index that a tar-split file gives. Throws STORE_DAMAGED. */
function indexOfTarSplit(file: string): LayerIndex {
  const builder = new IndexBuilder();
  for (const member of tarMembers(tarSplitEntries(readTarSplit(file)))) builder.add(member);
  return builder.index();
}
