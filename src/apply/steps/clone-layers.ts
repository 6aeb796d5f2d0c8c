/**
 * The overlay2 directory of every new layer: a clone of the source's diff/ with its own link,
 * lower, work, committed and `l/` entry. Source: store.md 1.8, 1.9; overlay.go (create).
 */
import path from 'node:path';
import type { NewLayer } from '../../domain/bound-plan.ts';
import { counted } from '../../domain/counted.ts';
import { linkTargetOf } from '../../domain/overlay-layer.ts';
import { remappedRoot } from '../../store/layer-owner.ts';
import { layerDirectory, linkPath, MODE, type Layout } from '../../store/layout.ts';
import { namesIn } from '../../store/read-file.ts';
import { cloneVerified } from '../clone-verified.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

export const cloneLayers: Step = {
  describe: ({ bound, clone }) =>
    some(bound.layers, (count) => `clone the files of ${counted(count, 'layer')} (${clone})`),

  async run(context) {
    const total = context.bound.layers.length;
    let whole = 0;
    for (const [pass, layers] of passesOf(context.bound.layers).entries()) {
      const { advance } = context;
      await clonePass(context, pass, layers, (count) => {
        advance?.({ done: whole + count, total, unit: 'layers' });
      });
      whole += layers.length;
    }
  },

  async undo({ bound, disk, layout, transaction }) {
    for (const { link } of bound.layers) disk.removeFile(linkPath(layout, link));
    await disk.removeTrees([
      ...bound.layers.map(({ cacheId }) => layerDirectory(layout, cacheId)),
      ...passesOf(bound.layers).map((_layers, pass) => passFolder(layout, transaction, pass)),
    ]);
  },
};

/**
 * Layers in groups in which no source occurs twice: one command clones a group, and finds the
 * results by their sources' names.
 */
function passesOf(layers: readonly NewLayer[]): NewLayer[][] {
  const passes: NewLayer[][] = [];
  const uses = new Map<string, number>();
  for (const layer of layers) {
    const pass = uses.get(layer.source.cacheId) ?? 0;
    uses.set(layer.source.cacheId, pass + 1);
    (passes[pass] ??= []).push(layer);
  }
  return passes;
}

async function clonePass(
  context: StepContext,
  pass: number,
  layers: readonly NewLayer[],
  done: (count: number) => void,
): Promise<void> {
  const { disk, layout, clone: mode, transaction, signal } = context;
  const target = passFolder(layout, transaction, pass);
  disk.makeDirectory(target, 0o700);
  const sources = layers.map(({ source }) => source.cacheId);
  const watching = setInterval(() => {
    done(wholeIn(target));
  }, LOOK_MS);
  try {
    await cloneVerified({ disk, layout, sources, target, mode, signal });
  } finally {
    clearInterval(watching);
  }
  done(layers.length);
  for (const layer of layers)
    completeLayer(context, layer, path.join(target, layer.source.cacheId));
  disk.removeEmptyDirectory(target);
}

/** One command clones many layers; how far it is, a look into its folder tells. */
const LOOK_MS = 500;

/**
 * Layers that are cloned: those that are begun, but for the one that is being cloned. 0 where the
 * folder cannot be read: the clone itself fails of it, in a place from which it can be taken back.
 */
function wholeIn(target: string): number {
  try {
    return Math.max(0, namesIn(target).length - 1);
  } catch {
    return 0;
  }
}

function completeLayer({ disk, layout }: StepContext, layer: NewLayer, clone: string): void {
  disk.makeDirectory(path.join(clone, 'work'), MODE.layerWork, remappedRoot(layout));
  disk.writeFile(path.join(clone, 'link'), layer.link, MODE.layerFile);
  if (layer.lower !== undefined) {
    disk.writeFile(path.join(clone, 'lower'), layer.lower, MODE.layerFile);
  }
  disk.writeFile(path.join(clone, 'committed'), '', MODE.committed);
  disk.rename(clone, layerDirectory(layout, layer.cacheId));
  disk.symlink(linkTargetOf(layer.cacheId), linkPath(layout, layer.link));
}

function passFolder(layout: Layout, transaction: number, pass: number): string {
  return path.join(layout.overlay, temporaryName('', transaction, pass));
}
