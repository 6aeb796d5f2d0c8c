import type { BoundPlan } from '../domain/bound-plan.ts';
import { rebasesOf, type Plan } from '../domain/plan.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { bindPlan, chainsOf } from '../plan/bind-plan.ts';
import type { Layout } from '../store/layout.ts';
import { readDirectoryOwners, readNamesInUse } from '../store/names-in-use.ts';
import { withLayers } from '../store/read-snapshot.ts';
import { refuseDamage } from './examine-layers.ts';

/**
 * Binds a plan to the store as `snapshot` shows it: the entries to add, with names that are free.
 * Reads the layers that it needs. Throws STORE_DAMAGED when one that the plan reads from, builds on
 * or reuses is not sound, STORE_CHANGED when a tag is not where the plan saw it.
 */
export function bindToStore(layout: Layout, plan: Plan, snapshot: Snapshot): BoundPlan {
  const rebases = rebasesOf(plan);
  for (const { tags } of rebases) {
    const moved = tags.find(({ key, before }) => snapshot.tags.byKey.get(key)?.imageId !== before);
    if (moved === undefined) continue;
    throw new RebaseError('STORE_CHANGED', `${moved.key} names another image than it did`, {
      hint: 'nothing was changed; run the same command again',
    });
  }
  const complete = withLayers(layout, snapshot, chainsOf(plan));
  const owners = readDirectoryOwners(layout);
  for (const rebase of rebases) refuseDamage(rebase, complete.layers, owners);
  return bindPlan(plan, complete, readNamesInUse(layout, owners));
}
