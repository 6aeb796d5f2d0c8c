/**
 * layerdb entries: written whole in layerdb/tmp, where dockerd never looks, then renamed in,
 * parents first. Source: store.md 1.1, 1.3; moby layer/filestore.go (StartTransaction, Commit).
 */
import path from 'node:path';
import type { NewLayer } from '../../domain/bound-plan.ts';
import { counted } from '../../domain/counted.ts';
import { hexOf, type ChainID } from '../../domain/digest.ts';
import { RebaseError } from '../../errors.ts';
import { layerEntry, MODE, type Layout } from '../../store/layout.ts';
import { namesIn, statOf } from '../../store/read-file.ts';
import { readCacheId } from '../../store/read-layer.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

/** What a new entry does not share with the one that it is made from. */
const OWN_FILES = ['cache-id', 'parent'];

export const stageLayers: Step = {
  describe: ({ bound }) =>
    some(bound.layers, (count) => `write the layerdb entries of ${counted(count, 'layer')}`),

  run(context) {
    const { layers } = context.bound;
    for (const [done, layer] of layers.entries()) {
      context.advance?.({ done, total: layers.length, unit: 'layers' });
      stageEntry(context, layer);
    }
  },

  async undo(context) {
    await context.disk.removeTrees(
      context.bound.layers.map(({ chainId }) => writeSet(context, chainId)),
    );
  },
};

export const publishLayers: Step = {
  describe: ({ bound }) => some(bound.layers, (count) => `publish ${counted(count, 'layer')}`),

  run(context) {
    const { bound, disk, layout } = context;
    for (const { chainId } of bound.layers) {
      const staged = writeSet(context, chainId);
      if (statOf(staged) !== undefined) disk.rename(staged, layerEntry(layout, chainId));
    }
    syncNames(context);
  },

  /** Children first, and out of dockerd's sight before the first file goes. */
  undo(context) {
    const { bound, disk, layout } = context;
    for (const layer of [...bound.layers].reverse()) {
      if (!isPublished(layout, layer)) continue;
      disk.rename(layerEntry(layout, layer.chainId), writeSet(context, layer.chainId));
    }
    syncNames(context);
  },
};

/** Whether the chain's entry is this layer's: dockerd may have made one of its own of the name. */
export function isPublished(
  layout: Layout,
  { chainId, cacheId }: Pick<NewLayer, 'chainId' | 'cacheId'>,
): boolean {
  return readCacheId(layout, chainId) === cacheId;
}

/** A rename takes one name away and gives another: both folders make it durable. */
function syncNames({ bound, disk, layout }: StepContext): void {
  if (bound.layers.length === 0) return;
  disk.sync(layout.layerdb);
  disk.sync(layout.layerdbTemp);
}

function stageEntry(context: StepContext, layer: NewLayer): void {
  const { disk, layout } = context;
  const source = layerEntry(layout, layer.source.chainId);
  const target = writeSet(context, layer.chainId);
  disk.makeDirectory(target, MODE.layerdbEntry);
  for (const name of namesIn(source).filter((each) => !OWN_FILES.includes(each))) {
    const file = path.join(source, name);
    // A copy would follow a symlink, out of the store.
    if (statOf(file)?.isFile() !== true) throw notOfDockerd(file);
    disk.copyFile(file, path.join(target, name));
  }
  disk.writeFile(path.join(target, 'cache-id'), layer.cacheId, MODE.layerdbFile);
  if (layer.parent !== undefined) {
    disk.writeFile(path.join(target, 'parent'), layer.parent, MODE.layerdbFile);
  }
}

function notOfDockerd(file: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} is no regular file`, {
    hint: 'pull, load or build the image again; nothing was published',
  });
}

/** Where the entry of a layer is staged. */
export function writeSetOf(layout: Layout, transaction: number, chainId: ChainID): string {
  return path.join(layout.layerdbTemp, temporaryName('write-set-', transaction, hexOf(chainId)));
}

function writeSet({ layout, transaction }: StepContext, chainId: ChainID): string {
  return writeSetOf(layout, transaction, chainId);
}
