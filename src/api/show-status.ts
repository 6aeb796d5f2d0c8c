import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import type { ImageID } from '../domain/digest.ts';
import type { StatusReport, TransactionImage } from '../domain/report.ts';
import type { TagRecord } from '../domain/snapshot.ts';
import { imageFile } from '../store/layout.ts';
import { readContainers } from '../store/read-containers.ts';
import { statOf } from '../store/read-file.ts';
import { readTags } from '../store/read-tags.ts';
import { transactionView } from './list-transactions.ts';
import { daemonView, type OpenStore } from './open-store.ts';

/**
 * How things stand: what is open, what a running daemon has not read yet, tags that were moved
 * since, containers that still use a replaced image. Reads only.
 */
export async function showStatus(store: OpenStore): Promise<StatusReport> {
  const { layout } = store;
  const transactions = readTransactions(layout);
  const open = openTransaction(transactions);
  const published = transactions.filter(({ state }) => state === 'published');
  const { byKey } = readTags(layout);
  const inForce = lastOfEachTag(published);
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    open: open === undefined ? [] : [transactionView(open)],
    pendingRestart: await notLoadedYet(
      store,
      inForce.filter(({ tag, after }) => byKey.get(tag)?.imageId === after),
    ),
    overwritten: overwritten(store, inForce, byKey),
    movedAway: inForce
      .map(({ tag, before, after }) => ({
        tag,
        before,
        expected: after,
        now: byKey.get(tag)?.imageId,
      }))
      .filter(({ before, expected, now }) => now !== expected && now !== before)
      .map(({ tag, expected, now }) => ({ tag, expected, now })),
    onOldImages: onOldImages(layout, published),
  };
}

/** The latest transaction's word on each tag. */
function lastOfEachTag(published: readonly Transaction[]): TransactionImage[] {
  const images = published.flatMap(({ begin }) => begin.images);
  return [...new Map(images.map((image) => [image.tag, image] as const)).values()];
}

async function notLoadedYet(
  { engine }: OpenStore,
  images: readonly TransactionImage[],
): Promise<TransactionImage[]> {
  if (engine === undefined) return [];
  const listed = await engine.listImages();
  const names = new Map(listed.flatMap(({ id, repoTags }) => repoTags.map((tag) => [tag, id])));
  // A tag that names a third image by now was moved since, and no restart brings it back.
  return images.filter(({ tag, before }) => names.get(tag) === before);
}

/** Back on the old image while its replacement is there: a daemon wrote its own tags again. */
function overwritten(
  { layout }: OpenStore,
  images: readonly TransactionImage[],
  byKey: ReadonlyMap<string, TagRecord>,
): TransactionImage[] {
  return images.filter(
    ({ tag, before, after }) =>
      byKey.get(tag)?.imageId === before && statOf(imageFile(layout, after)) !== undefined,
  );
}

function onOldImages(
  layout: OpenStore['layout'],
  published: readonly Transaction[],
): StatusReport['onOldImages'] {
  const replaced = new Map<string, { tag: string; after: ImageID }>(
    published.flatMap(({ begin }) =>
      begin.images.map(({ before, tag, after }) => [before, { tag, after }] as const),
    ),
  );
  return readContainers(layout).flatMap((container) => {
    const by = replaced.get(container.imageId);
    return by === undefined ? [] : [{ container, ...by }];
  });
}
