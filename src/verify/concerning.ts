/**
 * The part of an examination that concerns one image, or the stacks of a plan.
 */
import {
  asChainID,
  chainIdsOf,
  type ChainID,
  type DiffID,
  type ImageID,
} from '../domain/digest.ts';
import type { DirectoryOwner, Inventory } from '../domain/inventory.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { chainProblems } from './layer-chain.ts';
import { sharingFindings } from './layers.ts';
import { storeFinding } from './remedies.ts';

/** Everything that an image is made of and is used by: its ID, its chains, its containers. */
export function concernsOf(inventory: Inventory, imageId: ImageID): ReadonlySet<string> {
  const { images, containers, mounts } = inventory;
  const chains = new Set<ChainID | undefined>(images.get(imageId)?.chainIds);
  return new Set<string>([
    imageId,
    ...(images.get(imageId)?.chainIds ?? []),
    ...containers.filter((container) => container.imageId === imageId).map(({ id }) => id),
    ...mounts.filter(({ parent }) => chains.has(asChainID(parent))).map(({ name }) => name),
  ]);
}

/** The findings about any of these; what breaks the whole store breaks them too. */
export function concerning(
  findings: readonly StoreFinding[],
  concerned: ReadonlySet<string>,
): StoreFinding[] {
  return findings.filter((finding) =>
    finding.about.length === 0
      ? finding.class === 'F'
      : finding.about.some((id) => concerned.has(id)),
  );
}

/**
 * What is wrong with a stack of layers, with its remedy. Looks at these layers only, and at who says
 * of their overlay2 directories that they are his.
 */
export function stackFindings(
  diffIds: readonly DiffID[],
  layers: ReadonlyMap<ChainID, LayerRecord>,
  owners: ReadonlyMap<string, readonly DirectoryOwner[]>,
): StoreFinding[] {
  const cacheIds = chainIdsOf(diffIds).map((chainId) => layers.get(chainId)?.cacheId);
  return [
    ...chainProblems(diffIds, layers).map(({ code, message, chainId }) =>
      storeFinding(code, message, [chainId]),
    ),
    ...cacheIds.flatMap((cacheId) =>
      cacheId === undefined ? [] : sharingFindings(cacheId, owners.get(cacheId) ?? []),
    ),
  ];
}
