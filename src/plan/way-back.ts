import type { ImageID } from '../domain/digest.ts';
import type { DoneTransaction } from './done-transaction.ts';

/** What a way back needs that is still there. */
export interface WayBackFacts {
  readonly hasImage: (imageId: ImageID) => boolean;
  /** Whether the directory of a layer has this folder, `diff` or a version's. */
  readonly hasFolder: (cacheId: string, folder: string) => boolean;
}

/**
 * The published transactions that cannot be undone on such a store: a tag would have to go back to
 * an image that is gone, a base to a version that is gone, or a later one of them has rebased the
 * result again, or switched the base.
 */
export function withoutWayBack(
  published: readonly DoneTransaction[],
  { hasImage, hasFolder }: WayBackFacts,
): Set<number> {
  const lost = new Set<number>();
  const newestFirst = [...published].sort((a, b) => b.number - a.number);
  for (const { number, images, bound } of newestFirst) {
    const results = new Set(images.map(({ after }) => after));
    const switched = new Set(bound.switches.map(({ cacheId }) => cacheId));
    const doneAgain = published.some(
      (later) =>
        later.number > number &&
        lost.has(later.number) &&
        (later.images.some(({ before }) => results.has(before)) ||
          later.bound.switches.some(({ cacheId }) => switched.has(cacheId))),
    );
    const lacks =
      bound.tags.some(({ before }) => before !== undefined && !hasImage(before)) ||
      bound.switches.some(({ cacheId, before }) => !hasFolder(cacheId, before));
    if (doneAgain || lacks) lost.add(number);
  }
  return lost;
}
