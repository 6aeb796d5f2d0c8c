import { chainIdsOf, type ChainID, type ImageID } from '../domain/digest.ts';
import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';

/**
 * Looks up whether an image was built on one of these: imagedb says so, or its layers and a longer
 * history begin with the other's, as BuildKit leaves no parent link. An image is compared with those
 * alone whose layers it begins with.
 */
export function builtOnAny(
  others: Iterable<ImageID>,
  { images }: Snapshot,
): (image: ImageRecord) => boolean {
  const ids = new Set(others);
  /** By their top layer; an image without layers has none. */
  const byTop = new Map<ChainID | undefined, ImageRecord[]>();
  for (const id of ids) {
    const other = images.get(id);
    if (other === undefined) continue;
    const top = chainIdsOf(other.diffIds).at(-1);
    const same = byTop.get(top);
    if (same === undefined) byTop.set(top, [other]);
    else same.push(other);
  }
  return (image) =>
    (image.parent !== undefined && ids.has(image.parent)) ||
    [undefined, ...chainIdsOf(image.diffIds)].some((chainId) =>
      byTop.get(chainId)?.some((other) => hasLongerHistory(image, other)),
    );
}

function hasLongerHistory(image: ImageRecord, other: ImageRecord): boolean {
  const below = parseImageConfig(other.text).history;
  const { history } = parseImageConfig(image.text);
  return history.length > below.length && historyStartsWith(history, below);
}
