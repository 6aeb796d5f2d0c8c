import type { ImageID } from '../domain/digest.ts';
import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';

/**
 * Whether an image was built on one of these: imagedb says so, or its layers and a longer history
 * begin with the other's, as BuildKit leaves no parent link.
 */
export function isBuiltOnAny(
  image: ImageRecord,
  others: Iterable<ImageID>,
  snapshot: Snapshot,
): boolean {
  return [...others].some((id) => {
    if (image.parent === id) return true;
    const other = snapshot.images.get(id);
    if (other === undefined || other.diffIds.length > image.diffIds.length) return false;
    if (!other.diffIds.every((diffId, index) => image.diffIds[index] === diffId)) return false;
    const below = parseImageConfig(other.text).history;
    const { history } = parseImageConfig(image.text);
    return history.length > below.length && historyStartsWith(history, below);
  });
}
