/**
 * The file `committed` in the directory of an existing layer that gets its first child, as dockerd
 * writes it when it creates one: it makes the layer mount read-only. Source: store.md 1.8.
 */
import path from 'node:path';
import { layerDirectory, MODE } from '../../store/layout.ts';
import { statOf } from '../../store/read-file.ts';
import type { Step } from '../step.ts';

export const markCommitted: Step = {
  describe: ({ bound }) => `mark ${bound.committed.length} layers as parents`,

  run({ bound, disk, layout }) {
    for (const cacheId of bound.committed) {
      const file = path.join(layerDirectory(layout, cacheId), 'committed');
      if (statOf(file) === undefined) disk.writeFile(file, '', MODE.committed);
    }
  },

  undo({ bound, disk, layout }) {
    for (const cacheId of bound.committed) {
      disk.removeFile(path.join(layerDirectory(layout, cacheId), 'committed'));
    }
  },
};
