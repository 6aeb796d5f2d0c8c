import type { Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { moveTags } from '../apply/steps/move-tags.ts';
import type { TagChange } from '../domain/plan.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import { readTags } from '../store/read-tags.ts';
import type { OpenStore } from './open-store.ts';
import { restartPublished } from './publish-transaction.ts';
import type { RestartOptions } from './restart-daemon.ts';
import { outcomeOf } from './resume-transaction.ts';

/**
 * A daemon that went on running after a publish writes its own tags over ours at its next tag:
 * puts ours back where they still name the old image, and restarts the daemon if that is wanted.
 * Throws TRANSACTION_NOT_FOUND when the last transaction is in force.
 */
export async function reapplyTransaction(
  store: OpenStore,
  engine: Engine,
  { transactions, options }: { transactions: readonly Transaction[]; options: RestartOptions },
): Promise<Outcome> {
  const last = transactions.findLast(({ state }) => state === 'published');
  const lost = last === undefined ? [] : lostTags(store, last);
  const pending = last !== undefined && (await isPending(store, last));
  if (last === undefined || (lost.length === 0 && !pending)) {
    throw new RebaseError('TRANSACTION_NOT_FOUND', 'there is nothing to go on with', {
      hint: 'rebase-image status shows how things are',
    });
  }
  engine.progress(`put back ${lost.length} tags`);
  await moveTags.run({
    disk: engine.disk,
    layout: engine.layout,
    transaction: last.number,
    bound: { ...last.begin.bound, tags: lost },
    clone: last.begin.clone,
    repositories: last.repositories,
  });
  const restarted = await restartPublished(store, engine, { transaction: last, options });
  return outcomeOf(last, restarted);
}

function lostTags({ layout }: OpenStore, { begin }: Transaction): TagChange[] {
  const { byKey } = readTags(layout);
  return begin.bound.tags.filter(({ key, before }) => byKey.get(key)?.imageId === before);
}

async function isPending({ engine }: OpenStore, { begin }: Transaction): Promise<boolean> {
  const listed = new Set((await engine?.listImages())?.map(({ id }) => id) ?? []);
  return engine !== undefined && begin.images.some(({ after }) => !listed.has(after));
}
