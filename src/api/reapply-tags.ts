import type { Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { moveTags } from '../apply/steps/move-tags.ts';
import { counted } from '../domain/counted.ts';
import { RebaseError } from '../errors.ts';
import { tagsInForce, type TagInForce } from './tags-in-force.ts';
import type { OpenStore } from './open-store.ts';
import type { PublishResult, Write } from './publish-result.ts';
import { publishTransaction } from './publish-transaction.ts';
import type { RestartOptions } from './restart-daemon.ts';

/**
 * A daemon that goes on running after a publish writes its own tags over ours at its next tag: puts
 * ours back where they still name the old image, and restarts the daemon if that is wanted.
 * Throws TRANSACTION_NOT_FOUND when every published tag is in force and loaded.
 */
export async function reapplyTags(
  store: OpenStore,
  engine: Engine,
  { transactions, options }: { transactions: readonly Transaction[]; options: RestartOptions },
): Promise<PublishResult> {
  const last = transactions.findLast(
    ({ state, bound }) => state === 'published' && bound.tags.length > 0,
  );
  const tags = await tagsInForce(store, transactions);
  const lost = tags.filter(({ state }) => state === 'overwritten');
  if (
    last === undefined ||
    !tags.some(({ state }) => state === 'overwritten' || state === 'pending')
  ) {
    throw new RebaseError(
      'TRANSACTION_NOT_FOUND',
      'there is nothing to go on with: nothing is staged or interrupted, nothing waits for dockerd',
      { hint: 'rebase-image history lists what was done, rebase-image status how things are' },
    );
  }
  if (lost.length > 0) engine.progress(`put back ${counted(lost.length, 'tag')}`);
  return publishTransaction(store, engine, { transaction: last, options, write: putBack(lost) });
}

function putBack(lost: readonly TagInForce[]): Write {
  return async ({ disk, layout }, transaction) => {
    const { number, begin, bound, repositories } = transaction;
    await moveTags.run({
      disk,
      layout,
      transaction: number,
      bound: { ...bound, tags: lost.map(({ change }) => change) },
      clone: begin.clone,
      repositories,
    });
    return transaction;
  };
}
