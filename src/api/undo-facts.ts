import { readTransactions, type Transaction } from '../apply/journal.ts';
import { planUndo, type DoneTransaction, type UndoPlan } from '../plan/plan-undo.ts';
import type { Layout } from '../store/layout.ts';
import { readLayerUse } from '../store/read-layer-use.ts';
import { readSnapshot } from '../store/read-snapshot.ts';

/** Plans the undo of a transaction on the store as it is now. Reads only. */
export function planUndoOf(layout: Layout, transaction: Transaction): UndoPlan {
  const all = readTransactions(layout).filter(({ state }) => state !== 'discarded');
  return planUndo(done(transaction), all.map(done), {
    snapshot: readSnapshot(layout),
    use: readLayerUse(layout),
  });
}

function done({ number, state, begin, bound }: Transaction): DoneTransaction {
  return { number, state, images: begin.images, bound };
}
