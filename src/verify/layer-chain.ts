/**
 * Whether a stack of layers is sound: what must hold before a plan relies on it and after a
 * transaction has written it.
 */
import { chainIdsOf, shortId, type ChainID, type DiffID } from '../domain/digest.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import type { StoreCode } from '../domain/store-finding.ts';
import { layerProblems } from './layer-problems.ts';

export interface LayerProblem {
  readonly chainId: ChainID;
  readonly code: StoreCode;
  /** One line that begins with the layer. */
  readonly message: string;
}

/** Everything that is wrong with a stack of layers, bottom first; [] when it is sound. */
export function chainProblems(
  diffIds: readonly DiffID[],
  layers: ReadonlyMap<ChainID, LayerRecord>,
): LayerProblem[] {
  const problems: LayerProblem[] = [];
  const chainIds = chainIdsOf(diffIds);
  for (const [at, diffId] of diffIds.entries()) {
    const parent = chainIds[at - 1];
    const chainId = chainIds[at];
    if (chainId === undefined) break;
    const layer = layers.get(chainId);
    const found =
      layer === undefined
        ? [{ code: 'image-layer-missing', what: 'is not in layerdb' } as const]
        : layerProblems(layer, layers, { diffId, parent });
    problems.push(
      ...found.map(({ code, what }) => ({
        chainId,
        code,
        message: `layer ${shortId(chainId)} ${what}`,
      })),
    );
  }
  return problems;
}
