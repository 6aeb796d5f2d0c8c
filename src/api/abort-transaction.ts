import { discard, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import type { Outcome } from '../domain/report.ts';
import type { OpenStore } from './open-store.ts';
import { publishTransaction } from './publish-transaction.ts';
import { startStopped } from './resume-transaction.ts';
import { theOpenTransaction, withSession, type SessionOptions } from './session.ts';
import { takeBack } from './undo-transaction.ts';
import { planUndoOf } from './undo-facts.ts';

/**
 * Takes back what was left open. What is staged is removed; a publish that has begun is finished
 * first, since it only goes forward, and then undone. A daemon that was left stopped is started.
 * Throws TRANSACTION_NOT_FOUND when nothing is open.
 */
export async function abortTransaction(
  store: OpenStore,
  options: SessionOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    const open = theOpenTransaction(store);
    const transaction = await takenBack(store, engine, open);
    await startStopped(store, engine, transaction);
    const discarded = transaction.state === 'discarded';
    return {
      kind: discarded ? 'discarded' : 'undone',
      changed: true,
      transaction: open.number,
      images: open.begin.images.map(({ tag, before, after }) => ({
        reference: tag,
        outcome: discarded ? 'unchanged' : 'restored',
        before: discarded ? before : after,
        after: before,
        tags: [tag],
        reason: discarded ? 'nothing was published' : undefined,
      })),
      pending: undefined,
      notes: [],
    };
  });
}

async function takenBack(
  store: OpenStore,
  engine: Engine,
  open: Transaction,
): Promise<Transaction> {
  switch (open.state) {
    case 'staging':
    case 'staged':
      return discard(engine, open);
    case 'publishing': {
      const options = { restart: false, allow: new Set<string>() };
      const { transaction } = await publishTransaction(store, engine, {
        transaction: open,
        options,
      });
      return takenBack(store, engine, transaction);
    }
    case 'published':
    case 'undoing':
      await takeBack(store, engine, { transaction: open, plan: planUndoOf(store.layout, open) });
      return open;
    // Only the daemon is left to be started.
    case 'undone':
    case 'discarded':
      return open;
  }
}
