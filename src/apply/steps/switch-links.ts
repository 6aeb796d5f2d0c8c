/**
 * The entry of overlay2/l that leads to a layer's files: another one is renamed over it, so that
 * every mount sees the one folder or the other. Containers that run keep what they have mounted.
 * Source: store.md 1.9, 9.
 */
import path from 'node:path';
import type { LayerSwitch } from '../../domain/bound-plan.ts';
import { counted } from '../../domain/counted.ts';
import { linkTargetOf } from '../../domain/overlay-layer.ts';
import { activeFolder } from '../../store/active-directory.ts';
import { layerDirectory, linkPath } from '../../store/layout.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

export const switchLinks: Step = {
  describe: ({ bound }) => some(bound.switches, (count) => `switch ${counted(count, 'base')}`),

  run(context) {
    for (const one of context.bound.switches) lead(context, one, [one.before, one.after]);
    syncNames(context);
  },

  undo(context) {
    for (const one of context.bound.switches) lead(context, one, [one.after, one.before]);
    syncNames(context);
  },
};

/** An entry that leads to neither was changed by somebody else, and stays. */
function lead(
  { disk, layout, transaction }: StepContext,
  { cacheId, link }: LayerSwitch,
  [from, to]: readonly [string, string],
): void {
  // On the same file system, and never in overlay2/l, where every name is a layer's.
  const temporary = path.join(
    layerDirectory(layout, cacheId),
    temporaryName('', transaction, 'link'),
  );
  disk.removeFile(temporary);
  if (activeFolder(layout, cacheId) !== from) return;
  disk.symlink(linkTargetOf(cacheId, to), temporary);
  disk.rename(temporary, linkPath(layout, link));
}

/** Both folders of each rename make it durable. */
function syncNames({ bound, disk, layout }: StepContext): void {
  if (bound.switches.length === 0) return;
  for (const { cacheId } of bound.switches) disk.sync(layerDirectory(layout, cacheId));
  disk.sync(layout.links);
}
