/**
 * The file `committed` in the directory of an existing layer that gets its first child, as dockerd
 * writes it when it creates one: it makes the layer mount read-only. Source: store.md 1.8.
 */
import path from 'node:path';
import type { BoundPlan } from '../../domain/bound-plan.ts';
import { counted } from '../../domain/counted.ts';
import { layerDirectory, MODE, type Layout } from '../../store/layout.ts';
import { readLayerUse } from '../../store/read-layer-use.ts';
import { errnoOf, statOf } from '../../store/read-file.ts';
import { some, type Step } from '../step.ts';

export const markCommitted: Step = {
  describe: ({ bound }) =>
    some(bound.committed, (count) => `mark ${counted(count, 'layer')} as having a child`),

  run({ bound, disk, layout }) {
    for (const cacheId of bound.committed) {
      try {
        disk.writeFile(markOf(layout, cacheId), '', MODE.committed);
      } catch (error) {
        // dockerd has made a child of its own meanwhile.
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  },

  /** A mark stays where a child, ours or dockerd's, stands on the layer. */
  undo({ bound, disk, layout }) {
    if (bound.committed.length === 0) return;
    const { parents, cacheIds, mounted } = readLayerUse(layout);
    const inUse = new Set([...parents.values(), ...mounted]);
    const kept = new Set(
      [...cacheIds].filter(([chainId]) => inUse.has(chainId)).map(([, cacheId]) => cacheId),
    );
    for (const cacheId of bound.committed) {
      if (!kept.has(cacheId)) disk.removeFile(markOf(layout, cacheId));
    }
  },
};

/** The marks of a plan that are not there (yet): those are ours to make and to remove. */
export function missingMarks(layout: Layout, { committed }: BoundPlan): string[] {
  return committed.filter((cacheId) => statOf(markOf(layout, cacheId)) === undefined);
}

function markOf(layout: Layout, cacheId: string): string {
  return path.join(layerDirectory(layout, cacheId), 'committed');
}
