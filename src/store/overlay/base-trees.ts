/**
 * The trees of bases as they are mounted, from their folders: what dockerd's tar-split says of a
 * layer need not be what is seen of it.
 */
import path from 'node:path';
import { textOfBytes } from '../../domain/byte-string.ts';
import { asDiffID, shortId, type ChainID } from '../../domain/digest.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import { treeOf, type MergedTree } from '../../domain/merged-tree.ts';
import type { AssemblySource } from '../../domain/overlay/assembly.ts';
import { ORIGINAL } from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import { activeFolder } from '../active-directory.ts';
import { remappedRoot } from '../layer-owner.ts';
import { layerDirectory, type Layout } from '../layout.ts';
import { isLayerName } from '../layer-name.ts';
import { readLayer } from '../read-layer.ts';
import { walkFolder } from '../walk-layer.ts';

export interface StackOptions {
  /** Folder of the top layer's directory instead of the mounted one: `diff` or `diff.<version>`. */
  readonly top?: string | undefined;
  /** Takes dockerd's own `diff` of every layer, whatever is mounted. */
  readonly original?: boolean | undefined;
}

export interface BaseTrees {
  /**
   * The tree of a stack of layers, lowest first: a base's, or without the last one what lies below
   * a base's top. Trees share the layers whose folders they share. Throws STORE_DAMAGED,
   * STORE_UNSUPPORTED for a folder that shows files of those below it by name.
   */
  stack(chainIds: readonly ChainID[], options?: StackOptions): MergedTree;
  /** Where the files of a layer of these trees are. */
  sourceOf(layer: IndexedLayer): AssemblySource;
}

/** Opens the bases of a store. Each folder is walked once, when it is first asked for. */
export function openBaseTrees(layout: Layout): BaseTrees {
  const layers = new Map<string, IndexedLayer>();
  const folders = new Map<IndexedLayer, string>();

  function layerAt(chainId: ChainID, wanted: string | undefined): IndexedLayer {
    const { cacheId, diffId } = placeOf(layout, chainId);
    const name = wanted ?? activeFolder(layout, cacheId) ?? ORIGINAL;
    const folder = path.join(layerDirectory(layout, cacheId), name);
    const known = layers.get(folder);
    if (known !== undefined) return known;
    const index = walkFolder(folder, remappedRoot(layout));
    const [mark] = index.dependentMarks;
    if (mark !== undefined) throw dependsOnLower(folder, mark);
    const layer = { chainId, diffId, index };
    layers.set(folder, layer);
    folders.set(layer, folder);
    return layer;
  }

  return {
    stack(chainIds, { top, original = false } = {}) {
      const others = original ? ORIGINAL : undefined;
      return treeOf(
        chainIds.map((chainId, at) =>
          layerAt(chainId, at === chainIds.length - 1 ? (top ?? others) : others),
        ),
      );
    },
    sourceOf(layer) {
      const folder = folders.get(layer);
      if (folder === undefined) throw new Error(`${layer.chainId} is of no tree of this store`);
      return { folder, owned: false };
    },
  };
}

function placeOf(layout: Layout, chainId: ChainID) {
  const record = readLayer(layout, chainId);
  const diffId = asDiffID(record?.diff);
  const cacheId = record?.cacheId;
  if (diffId !== undefined && cacheId !== undefined && isLayerName(cacheId)) {
    return { diffId, cacheId };
  }
  const what = record === undefined ? 'is not in the store' : 'has no sound layerdb entry';
  throw new RebaseError('STORE_DAMAGED', `layer ${shortId(chainId)} ${what}`, {
    hint: 'pull, load or build the image again; nothing was changed',
  });
}

function dependsOnLower(folder: string, mark: { path: string; xattr: string }): RebaseError {
  const place = `${folder}/${textOfBytes(mark.path)}`;
  const what = mark.xattr.replace(/^.*\./, '');
  return new RebaseError(
    'STORE_UNSUPPORTED',
    `${place} has an overlay ${what}: it shows files of the layers below by name`,
    { hint: 'build this base again, where the kernel has redirect_dir and metacopy off' },
  );
}
