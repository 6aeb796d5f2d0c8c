/**
 * Whether a stack of layers is sound: what must hold before a plan relies on it and after a
 * transaction has written it.
 */
import { chainIdOn, shortId, type ChainID, type DiffID } from '../domain/digest.ts';
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
  let parent: ChainID | undefined;
  for (const diffId of diffIds) {
    const chainId = chainIdOn(parent, diffId);
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
    parent = chainId;
  }
  return problems;
}
