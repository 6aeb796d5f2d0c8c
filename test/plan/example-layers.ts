/** Layers as a sound store has them, for stacks that are given by their layers' names. */
import { chainIdsOf, sha256Hex, type ChainID } from '../../src/domain/digest.ts';
import { NO_VERSIONS } from '../../src/domain/overlay/version.ts';
import { linkTargetOf, lowerOn } from '../../src/domain/overlay-layer.ts';
import type { LayerDirectory, LayerRecord } from '../../src/domain/snapshot.ts';
import type { SwitchedLayers } from '../../src/plan/done-transaction.ts';
import { diffIdsOf } from '../resolve/example-snapshot.ts';

/** Of a store on which no layer was switched. */
export const NOTHING_SWITCHED: SwitchedLayers = {
  versions: new Map(),
  running: new Map(),
  above: new Map(),
};

/** The layerdb entries and directories of these stacks, each chain once. */
export function soundLayers(
  ...stacks: readonly (readonly string[])[]
): Map<ChainID, LayerRecord & { readonly directory: LayerDirectory }> {
  const layers = new Map<ChainID, LayerRecord & { readonly directory: LayerDirectory }>();
  for (const stack of stacks) {
    const diffIds = diffIdsOf(stack);
    const chain = chainIdsOf(diffIds);
    for (const [index, chainId] of chain.entries()) {
      const parent = index === 0 ? undefined : layers.get(chain[index - 1]!);
      const cacheId = cacheIdOf(chainId);
      const below = parent && { link: parent.directory.link!, lower: parent.directory.lower };
      layers.set(chainId, {
        chainId,
        diff: diffIds[index],
        size: '1024',
        cacheId,
        parent: parent?.chainId,
        directory: {
          hasDiff: true,
          link: linkOf(chainId),
          lower: lowerOn(below),
          linkTarget: linkTargetOf(cacheId),
          committed: index < chain.length - 1,
          versions: NO_VERSIONS,
        },
      });
    }
  }
  return layers;
}

/** The ChainID of the top of a stack. */
export function topOf(...stack: string[]): ChainID {
  return chainIdsOf(diffIdsOf(stack)).at(-1)!;
}

export function cacheIdOf(chainId: ChainID): string {
  return sha256Hex(`cache-id ${chainId}`);
}

/** A link name that docker could have given: 26 characters of base32. */
export function linkOf(chainId: ChainID): string {
  return sha256Hex(`link ${chainId}`)
    .slice(0, 26)
    .replace(/[0-9]/g, (digit) => 'QRSTUVWXYZ'.charAt(Number(digit)))
    .toUpperCase();
}
