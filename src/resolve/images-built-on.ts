import type { ImageID } from '../domain/digest.ts';
import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { isPrefix } from './candidates.ts';
import { findImage, type FoundImage } from './find-image.ts';
import { givenBase } from './given-base.ts';

/**
 * The tagged images that stand on `from` (an image, or the DiffID or ChainID of a base's top layer,
 * whose image may be gone), each by its first tag, sorted; the new base and everything on it left
 * out. [] when there is none (any more).
 * Throws USAGE for a `from` that names no layers of several images, and what reading it can throw.
 */
export function imagesBuiltOn(
  snapshot: Snapshot,
  from: string,
  onto: FoundImage,
): readonly FoundImage[] {
  if (from === 'scratch' || /^[0-9]{1,3}$/.test(from)) {
    throw new RebaseError('USAGE', `--from ${from} does not say which images are meant`, {
      hint: 'name the old base, or give the DiffID of its top layer (rebase-image base IMAGE)',
    });
  }
  // A digest may be that of a layer whose image is gone; a name must be an image's.
  if (!/^(sha256:)?[0-9a-f]{64}$/.test(from)) findImage(snapshot, from);
  return [...snapshot.images.values()]
    .map((image) => foundByTag(snapshot, image))
    .filter((found) => found !== undefined)
    .filter((found) => moves(snapshot, found, { from, onto }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function foundByTag(snapshot: Snapshot, image: ImageRecord): FoundImage | undefined {
  const [key] = tagsOf(snapshot, image.id);
  if (key === undefined) return undefined;
  return { image, tag: snapshot.tags.byKey.get(key), name: key };
}

function moves(
  snapshot: Snapshot,
  found: FoundImage,
  { from, onto }: { readonly from: string; readonly onto: FoundImage },
): boolean {
  if (found.image.id === onto.image.id) return false;
  const given = givenBase(snapshot, found, from);
  if (given.kind !== 'base') return false;
  const { layers, imageId } = given.base;
  // The same layers and no more are the old base itself, unless the history goes on.
  if (found.image.diffIds.length === layers && !goesOn(snapshot, found.image, imageId))
    return false;
  return !(isPrefix(onto.image, found.image) && onto.image.diffIds.length > layers);
}

function goesOn(snapshot: Snapshot, image: ImageRecord, baseId: ImageID | undefined): boolean {
  const base = baseId === undefined ? undefined : snapshot.images.get(baseId);
  if (base === undefined) return false;
  const head = parseImageConfig(base.text).history;
  const { history } = parseImageConfig(image.text);
  return head.length < history.length && historyStartsWith(history, head);
}
