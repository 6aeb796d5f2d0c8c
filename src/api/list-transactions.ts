import { readTransactions, type Transaction } from '../apply/journal.ts';
import { switchViewsOf } from '../domain/overlay/switch-view.ts';
import type { TransactionView } from '../domain/report.ts';
import type { OpenStore } from './open-store.ts';

/** All transactions of a store, newest first. Reads only. */
export function listTransactions({ layout }: OpenStore): TransactionView[] {
  return readTransactions(layout).map(transactionView).reverse();
}

/** A transaction as it is shown. */
export function transactionView({ number, state, begin }: Transaction): TransactionView {
  const { startedAt, command, images, bound } = begin;
  const switches = switchViewsOf(bound.switches);
  return { transaction: number, state, startedAt, command, images, switches };
}
