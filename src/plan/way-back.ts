import type { ImageID } from '../domain/digest.ts';
import type { DoneTransaction } from './done-transaction.ts';

/**
 * The published transactions that cannot be undone on a store with these images: a tag would have
 * to go back to an image that is gone, or a later one of them has rebased the result again.
 */
export function withoutWayBack(
  published: readonly DoneTransaction[],
  isThere: (imageId: ImageID) => boolean,
): Set<number> {
  const lost = new Set<number>();
  const newestFirst = [...published].sort((a, b) => b.number - a.number);
  for (const { number, images, bound } of newestFirst) {
    const results = new Set(images.map(({ after }) => after));
    const rebasedAgain = published.some(
      (later) =>
        later.number > number &&
        lost.has(later.number) &&
        later.images.some(({ before }) => results.has(before)),
    );
    const lacks = bound.tags.some(({ before }) => before !== undefined && !isThere(before));
    if (rebasedAgain || lacks) lost.add(number);
  }
  return lost;
}
