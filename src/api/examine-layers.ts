import type { ChainID } from '../domain/digest.ts';
import type { DirectoryOwner } from '../domain/inventory.ts';
import type { PlannedRebase } from '../domain/plan.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { chainsOf } from '../plan/bind-plan.ts';
import type { Layout } from '../store/layout.ts';
import { readDirectoryOwners } from '../store/names-in-use.ts';
import { readLayers } from '../store/read-snapshot.ts';
import { stackFindings } from '../verify/concerning.ts';

/**
 * An examination of the layers that images rest on, for image after image: each layer is read once.
 * It throws STORE_DAMAGED for an image of which a layer, or one of its new base's, is not sound.
 */
export function openExamination(layout: Layout): (rebase: PlannedRebase) => void {
  const layers = new Map<ChainID, LayerRecord>();
  const looked = new Set<ChainID>();
  let owners: ReadonlyMap<string, readonly DirectoryOwner[]> | undefined;
  return (rebase) => {
    const unknown = chainsOf({ images: [rebase] }).filter((chainId) => !looked.has(chainId));
    for (const chainId of unknown) looked.add(chainId);
    for (const [chainId, layer] of readLayers(layout, unknown)) layers.set(chainId, layer);
    owners ??= readDirectoryOwners(layout);
    refuseDamage(rebase, layers, owners);
  };
}

/** Throws STORE_DAMAGED for an image whose layers, as read, are not sound, with the first remedy. */
export function refuseDamage(
  { before, after, newBase, reference }: PlannedRebase,
  layers: ReadonlyMap<ChainID, LayerRecord>,
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
