import { asChainID, chainIdsOf, type ChainID } from '../domain/digest.ts';
import type { LayerSharers, SharingContainer, SharingImage } from '../domain/overlay/report.ts';
import { nameOfImage, tagsOf, type Snapshot } from '../domain/snapshot.ts';

/** What a store knows of who stands on what. */
export interface SharerFacts {
  readonly snapshot: Pick<Snapshot, 'images' | 'tags' | 'containers'>;
  /** The layer below each layer. */
  readonly parents: ReadonlyMap<ChainID, ChainID | undefined>;
  /** The chain that each container's own layer lies on, by container ID. */
  readonly mounted: ReadonlyMap<string, string | undefined>;
  /** Containers that run, by ID: the word of a config is old when dockerd was killed. */
  readonly isRunning: (containerId: string) => boolean;
}

/**
 * Every image that has this layer, and every container that lies on it: whatever is seen through
 * the layer, they see. A container counts by its own layer's chain, since its image may be gone.
 */
export function layerSharers(chainId: ChainID, facts: SharerFacts): LayerSharers {
  const { snapshot, mounted, isRunning } = facts;
  const images = [...snapshot.images.values()].flatMap((image): SharingImage[] => {
    const at = chainIdsOf(image.diffIds).indexOf(chainId);
    if (at < 0) return [];
    return [
      {
        imageId: image.id,
        name: nameOfImage(snapshot, image.id),
        tags: tagsOf(snapshot, image.id),
        layersAbove: image.diffIds.length - 1 - at,
      },
    ];
  });
  const names = new Map<string, string>(images.map(({ imageId, name }) => [imageId, name]));
  const containers = snapshot.containers
    .filter(
      ({ id, imageId }) =>
        names.has(imageId) || standsOn(asChainID(mounted.get(id)), chainId, facts),
    )
    .map((container): SharingContainer => {
      const { id, imageId } = container;
      return { ...container, running: isRunning(id), image: names.get(imageId) };
    });
  return { images: images.sort(baseFirst), containers: containers.sort(runningFirst) };
}

function standsOn(
  top: ChainID | undefined,
  chainId: ChainID,
  { parents }: Pick<SharerFacts, 'parents'>,
): boolean {
  // A chain of a damaged store may lead in a circle.
  const seen = new Set<ChainID>();
  for (let at = top; at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (at === chainId) return true;
    seen.add(at);
  }
  return false;
}

function baseFirst(a: SharingImage, b: SharingImage): number {
  return (
    Number(a.layersAbove > 0) - Number(b.layersAbove > 0) ||
    Number(a.tags.length === 0) - Number(b.tags.length === 0) ||
    (a.name < b.name ? -1 : 1)
  );
}

function runningFirst(a: SharingContainer, b: SharingContainer): number {
  return Number(b.running) - Number(a.running) || (a.name < b.name ? -1 : 1);
}
