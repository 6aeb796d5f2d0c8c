import type { ChainID } from '../domain/digest.ts';
import type { DirectoryOwner } from '../domain/inventory.ts';
import type { PlannedRebase } from '../domain/plan.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { chainsOf } from '../plan/bind-plan.ts';
import type { Layout } from '../store/layout.ts';
import { readDirectoryOwners } from '../store/names-in-use.ts';
import { readLayers } from '../store/read-snapshot.ts';
import { surveyLayers, type LayerSurvey } from '../store/survey-layers.ts';
import { stackFindings } from '../verify/concerning.ts';

/** An examination of the layers that images rest on, for image after image. */
export interface Examination {
  /** Throws STORE_DAMAGED when a layer of the image, or one of its new base's, is not sound. */
  readonly examine: (rebase: PlannedRebase) => void;
  /** What was read of the layers of the images so far; chains that do not exist stay absent. */
  readonly layers: ReadonlyMap<ChainID, LayerRecord>;
  /** Who says of which overlay2 directory that it is his. */
  readonly owners: () => ReadonlyMap<string, readonly DirectoryOwner[]>;
  /** The files of these overlay2 directories. Throws what `surveyLayers` throws. */
  readonly survey: (cacheIds: Iterable<string>) => ReadonlyMap<string, LayerSurvey>;
}

/**
 * Opens an examination in which each layer is read and surveyed once, and the owners of directories
 * are read once.
 */
export function openExamination(layout: Layout): Examination {
  const layers = new Map<ChainID, LayerRecord>();
  const looked = new Set<ChainID>();
  const surveys = new Map<string, LayerSurvey>();
  let owners: ReadonlyMap<string, readonly DirectoryOwner[]> | undefined;
  const ownersOnce = (): NonNullable<typeof owners> => (owners ??= readDirectoryOwners(layout));
  return {
    examine: (rebase) => {
      const unknown = chainsOf({ images: [rebase] }).filter((chainId) => !looked.has(chainId));
      for (const chainId of unknown) looked.add(chainId);
      for (const [chainId, layer] of readLayers(layout, unknown)) layers.set(chainId, layer);
      refuseDamage(rebase, layers, ownersOnce());
    },
    layers,
    owners: ownersOnce,
    survey: (cacheIds) => {
      const wanted = new Set(cacheIds);
      const unknown = [...wanted].filter((id) => !surveys.has(id));
      for (const [id, survey] of surveyLayers(layout, unknown)) surveys.set(id, survey);
      return new Map([...surveys].filter(([id]) => wanted.has(id)));
    },
  };
}

/** Throws STORE_DAMAGED for an image whose layers, as read, are not sound, with the first remedy. */
function refuseDamage(
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
