import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import { shortId, type ImageID } from '../domain/digest.ts';
import type { StatusReport } from '../domain/report.ts';
import { readContainers } from '../store/read-containers.ts';
import { readTags } from '../store/read-tags.ts';
import { transactionView } from './list-transactions.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { tagsInForce, type TagInForce } from './tags-in-force.ts';
import { stoppedRecord } from './while-stopped.ts';

/**
 * How things stand: what is open, what a running daemon has not read yet or has overwritten, tags
 * that were moved since, containers that still use a replaced image. Reads only.
 */
export async function showStatus(store: OpenStore): Promise<StatusReport> {
  const { layout } = store;
  const transactions = readTransactions(layout);
  const open = openTransaction(transactions);
  const { byKey } = readTags(layout);
  const tags = await tagsInForce(store, transactions);
  const imagesIn = (wanted: TagInForce['state']): TagInForce['image'][] =>
    tags.filter(({ state }) => state === wanted).map(({ image }) => image);
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    open: open === undefined ? [] : [transactionView(open)],
    stopped: open && stoppedBy(open),
    pendingRestart: imagesIn('pending'),
    overwritten: imagesIn('overwritten'),
    broken: imagesIn('broken'),
    movedAway: imagesIn('moved').map(({ tag, after }) => ({
      tag,
      expected: after,
      now: byKey.get(tag)?.imageId,
    })),
    onOldImages: onOldImages(layout, transactions),
  };
}

function stoppedBy(transaction: Transaction): StatusReport['stopped'] {
  const stopped = stoppedRecord(transaction);
  if (stopped === undefined) return undefined;
  return {
    dockerd: stopped.record.kind !== 'containers',
    containers: stopped.startAgain.map(({ name, id }) => name || shortId(id)),
  };
}

function onOldImages(
  layout: OpenStore['layout'],
  transactions: readonly Transaction[],
): StatusReport['onOldImages'] {
  const replaced = new Map<string, { tag: string; after: ImageID }>(
    transactions
      .filter(({ state }) => state === 'published')
      .flatMap(({ begin }) => begin.images)
      .map(({ before, tag, after }) => [before, { tag, after }] as const),
  );
  return readContainers(layout).flatMap((container) => {
    const by = replaced.get(container.imageId);
    return by === undefined ? [] : [{ container, ...by }];
  });
}
