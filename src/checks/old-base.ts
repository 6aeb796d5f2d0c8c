import { finding, type Finding } from '../domain/finding.ts';
import type { PlannedRebase } from '../domain/plan.ts';

/**
 * A new base that stands on the detected old base may be the next build of a base between the two:
 * the image then holds that base's former build among its own layers, and would keep it.
 */
export function checkOldBase(image: PlannedRebase): Finding[] {
  const { reference, before, after, oldBase, newBase } = image;
  const standsOnIt =
    oldBase.layers > 0 &&
    newBase.layers > oldBase.layers &&
    before.diffIds.slice(0, oldBase.layers).every((diffId, at) => after.diffIds[at] === diffId);
  if (!standsOnIt) return [];
  return [
    finding('old-base', 'review', `${newBase.name} is itself built on ${oldBase.name}`, {
      why:
        `if ${reference} was built on an earlier build of ${newBase.name}, it keeps that ` +
        `build's layers above the new ones`,
      hint: `docker history ${reference} shows its layers; --from names the last one of the earlier build`,
    }),
  ];
}
