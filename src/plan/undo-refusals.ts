import { shortId, type ImageID } from '../domain/digest.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';
import { builtOnAny } from './built-on.ts';
import { resultsMade, tagsOnResult, type DoneTransaction } from './done-transaction.ts';

/** What depends on the result of a transaction, one line each; with one of them nothing is undone. */
export function refusalsOf(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
  snapshot: Snapshot,
): string[] {
  const results = resultsMade(transaction, others);
  const published = others.filter(({ state }) => state === 'published');
  // They share layers, and were made from images of their own.
  const rebased = new Set(published.flatMap(({ images }) => images).map(({ after }) => after));
  const ours = new Set(
    [transaction, ...published].flatMap(({ bound }) => bound.tags.map(({ key }) => key)),
  );
  return [
    ...tagsOnResult(transaction, snapshot)
      .filter(({ before }) => before !== undefined && !snapshot.images.has(before))
      .map(({ key, before }) => `the old image ${shortId(before ?? '')} of ${key} is gone`),
    ...published
      .filter(({ number, images }) => {
        return number > transaction.number && images.some(({ before }) => results.has(before));
      })
      .map(({ number }) => `transaction ${number} rebased the result again: undo it first`),
    ...[...results.keys()]
      .flatMap((id) => snapshot.tags.byImage.get(id) ?? [])
      .filter((key) => !key.includes('@') && !ours.has(key))
      .map((key) => `the tag ${key} names the result`),
    ...snapshot.containers
      .filter(({ imageId }) => results.has(imageId as ImageID))
      .map(({ name, id }) => `the container ${name || shortId(id)} was made from the result`),
    ...[...snapshot.images.values()]
      .filter(({ id }) => !results.has(id) && !rebased.has(id))
      .filter(builtOnAny(results.keys(), snapshot))
      .map((image) => `the image ${nameOf(image, snapshot)} was built on the result`),
  ];
}

function nameOf(image: ImageRecord, { tags }: Snapshot): string {
  return tags.byImage.get(image.id)?.[0] ?? shortId(image.id);
}
