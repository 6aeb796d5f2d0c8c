import type { BoundPlan } from '../domain/bound-plan.ts';
import { rebasesOf, type Plan } from '../domain/plan.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { bindPlan } from '../plan/bind-plan.ts';
import type { Layout } from '../store/layout.ts';
import { readNamesInUse } from '../store/names-in-use.ts';
import { openExamination } from './examine-layers.ts';

/**
 * Binds a plan to the store as `snapshot` shows it: the entries to add, with names that are free.
 * Reads the layers that it needs, but those that an examination has read. Throws STORE_DAMAGED when
 * one that the plan reads from, builds on or reuses is not sound, STORE_CHANGED when a tag is not
 * where the plan saw it.
 */
export function bindToStore(
  layout: Layout,
  plan: Plan,
  snapshot: Snapshot,
  { examine, layers, owners } = openExamination(layout),
): BoundPlan {
  const rebases = rebasesOf(plan);
  for (const { tags } of rebases) {
    const moved = tags.find(({ key, before }) => snapshot.tags.byKey.get(key)?.imageId !== before);
    if (moved === undefined) continue;
    throw new RebaseError('STORE_CHANGED', `${moved.key} names another image than it did`, {
      hint: 'nothing was changed; run the same command again',
    });
  }
  for (const rebase of rebases) examine(rebase);
  return bindPlan(plan, { ...snapshot, layers }, readNamesInUse(layout, owners()));
}
