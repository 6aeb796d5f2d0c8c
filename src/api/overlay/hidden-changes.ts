import { chainIdsOf, type ChainID, type DiffID } from '../../domain/digest.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import { nodeAt, treeOf, type MergedTree } from '../../domain/merged-tree.ts';
import type { FileChanges } from '../../domain/overlay/file-changes.ts';
import type { HiddenChanges, LayerSharers } from '../../domain/overlay/report.ts';
import type { ImageRecord } from '../../domain/snapshot.ts';
import { RebaseError } from '../../errors.ts';
import type { OverlayBase } from '../../resolve/overlay-bases.ts';
import type { Layout } from '../../store/layout.ts';
import { openLayerContents } from '../layer-contents.ts';
import type { OverlayHost } from './overlay-host.ts';

/**
 * How many of the changes each named image with layers of its own does not see: these have the
 * file, or hide it. An image of which a layer cannot be read is left out.
 */
export function hiddenChanges(
  { store: { layout }, snapshot }: OverlayHost,
  { chainIds }: OverlayBase,
  { sharers, changes, target }: { sharers: LayerSharers; changes: FileChanges; target: MergedTree },
): HiddenChanges[] {
  const read = layerReader(layout);
  return sharers.images
    .filter(({ tags, layersAbove }) => tags.length > 0 && layersAbove > 0)
    .flatMap(({ imageId, name }) => {
      const image = snapshot.images.get(imageId);
      if (image === undefined) return [];
      const own = read(placesOf(image).slice(chainIds.length));
      if (own === undefined || own.length === 0) return [];
      const seen = treeOf(own, target);
      const hidden = changes.changes.filter(({ path, after }) => {
        const node = nodeAt(seen, path);
        return after === undefined ? node !== undefined : node?.entry !== after.entry;
      });
      return [{ image: name, count: hidden.length }];
    });
}

/** A layer of an image, by its place and its content. */
interface LayerPlace {
  readonly chainId: ChainID;
  readonly diffId: DiffID;
}

/** The layers of an image, lowest first. */
function placesOf({ diffIds }: ImageRecord): LayerPlace[] {
  const chains = chainIdsOf(diffIds);
  return diffIds.flatMap((diffId, at) => {
    const chainId = chains[at];
    return chainId === undefined ? [] : [{ chainId, diffId }];
  });
}

/**
 * Reads what layers hold, those that several images share once; undefined when one of them cannot
 * be read, which is another command's to complain of.
 */
function layerReader(
  layout: Layout,
): (places: readonly LayerPlace[]) => readonly IndexedLayer[] | undefined {
  const contents = openLayerContents(layout);
  return (places) => {
    try {
      return places.map(({ chainId, diffId }) => contents.layer(chainId, diffId));
    } catch (error) {
      if (error instanceof RebaseError && error.code === 'STORE_DAMAGED') return undefined;
      throw error;
    }
  };
}
