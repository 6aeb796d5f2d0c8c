import { readTransactions, type Transaction } from '../apply/journal.ts';
import { planUndo, type DoneTransaction, type UndoPlan } from '../plan/plan-undo.ts';
import type { Layout } from '../store/layout.ts';
import { readLayerUse } from '../store/read-layer-use.ts';
import { readSnapshot } from '../store/read-snapshot.ts';

/** Plans the undo of a transaction on the store as it is now. Reads only. */
export function planUndoOf(layout: Layout, transaction: Transaction): UndoPlan {
  return planUndo(doneTransaction(transaction), doneTransactions(readTransactions(layout)), {
    snapshot: readSnapshot(layout),
    use: readLayerUse(layout),
  });
}

/** Transactions as planning needs them: a discarded one has left nothing. */
export function doneTransactions(transactions: readonly Transaction[]): DoneTransaction[] {
  return transactions.filter(({ state }) => state !== 'discarded').map(doneTransaction);
}

/** A transaction as far as planning needs it. */
export function doneTransaction({ number, state, begin, bound }: Transaction): DoneTransaction {
  return { number, state, images: begin.images, bound };
}
