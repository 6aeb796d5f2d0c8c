import { dropJournals } from '../apply/drop-journals.ts';
import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import type { JournalFate } from '../domain/journal-fate.ts';
import { neededJournals } from '../plan/needed-journals.ts';
import { transactionView } from './list-transactions.ts';
import type { OpenStore } from './open-store.ts';
import { refuseLocked, withSession, type SessionOptions } from './session.ts';
import { tagsInForce } from './tags-in-force.ts';
import { doneTransaction, readUndoFacts } from './undo-facts.ts';

/** Judges every journal of the store, newest first. Reads only. Throws LOCKED. */
export async function planHistoryPrune(
  store: OpenStore,
  options: Pick<SessionOptions, 'lockTimeoutSeconds'>,
): Promise<JournalFate[]> {
  await refuseLocked(store, options);
  return judged(store);
}

/**
 * Drops the journals that were shown as droppable and still are; returns what it did with each of
 * those. The store itself is not touched. Throws LOCKED.
 */
export async function pruneHistory(
  store: OpenStore,
  shown: readonly JournalFate[],
  options: SessionOptions,
): Promise<JournalFate[]> {
  return withSession(store, options, async ({ disk, layout }) => {
    const wanted = droppable(shown);
    const fates = (await judged(store)).filter(({ view }) => wanted.has(view.transaction));
    const going = droppable(fates);
    await dropJournals(
      disk,
      readTransactions(layout).filter(({ number }) => going.has(number)),
    );
    return fates;
  });
}

async function judged(store: OpenStore): Promise<JournalFate[]> {
  const { layout } = store;
  const transactions = readTransactions(layout);
  const tags = await tagsInForce(store, transactions);
  const done = transactions.map(doneTransaction);
  const needed = neededJournals(done, {
    ...readUndoFacts(layout, done),
    open: new Set(transactions.filter(isOpen).map(({ number }) => number)),
    unsettled: new Set(
      tags
        .filter(({ state }) => state === 'pending' || state === 'overwritten')
        .map(({ image }) => image.tag),
    ),
  });
  return transactions
    .map((one) => ({ view: transactionView(one), kept: needed.get(one.number) }))
    .reverse();
}

function isOpen(transaction: Transaction): boolean {
  return openTransaction([transaction]) !== undefined;
}

function droppable(fates: readonly JournalFate[]): ReadonlySet<number> {
  return new Set(
    fates.filter(({ kept }) => kept === undefined).map(({ view }) => view.transaction),
  );
}
