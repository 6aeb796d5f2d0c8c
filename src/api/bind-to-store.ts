import type { BoundPlan } from '../domain/bound-plan.ts';
import type { DirectoryOwner } from '../domain/inventory.ts';
import { rebasesOf, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { bindPlan, chainsOf } from '../plan/bind-plan.ts';
import type { Layout } from '../store/layout.ts';
import { readDirectoryOwners, readNamesInUse } from '../store/names-in-use.ts';
import { withLayers } from '../store/read-snapshot.ts';
import { stackFindings } from '../verify/concerning.ts';

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
  for (const rebase of rebases) refuseDamage(rebase, complete, owners);
  return bindPlan(plan, complete, readNamesInUse(layout, owners));
}

function refuseDamage(
  { before, after, newBase, reference }: PlannedRebase,
  { layers }: Snapshot,
  owners: ReadonlyMap<string, readonly DirectoryOwner[]>,
): void {
  const planned = new Set<string>(after.chainIds.filter((chainId) => !layers.has(chainId)));
  const findings = [
    ...stackFindings(before.diffIds, layers, owners),
    ...stackFindings(after.diffIds.slice(0, newBase.layers), layers, owners),
    ...stackFindings(after.diffIds, layers, owners).filter(
      ({ about }) => !about.some((id) => planned.has(id)),
    ),
  ];
  const [first] = findings;
  if (first === undefined) return;
  const more = new Set(findings.map(({ message }) => message)).size - 1;
  throw new RebaseError(
    'STORE_DAMAGED',
    `${reference} cannot be rebased: ${first.message}${more > 0 ? ` (and ${more} more)` : ''}`,
    { hint: `nothing was changed; ${first.remedy}; rebase-image doctor says more` },
  );
}
