import { discard } from '../apply/engine.ts';
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
    let transaction = theOpenTransaction(store);
    if (transaction.state === 'staging' || transaction.state === 'staged') {
      transaction = await discard(engine, transaction);
    } else {
      if (transaction.state === 'publishing') {
        const stay = { restart: false, allow: new Set<string>() };
        ({ transaction } = await publishTransaction(store, engine, { transaction, options: stay }));
      }
      const plan = planUndoOf(store.layout, transaction);
      await takeBack(store, engine, { transaction, plan });
    }
    await startStopped(store, engine, transaction);
    return {
      kind: 'undone',
      changed: true,
      transaction: transaction.number,
      images: [],
      pending: undefined,
      notes: [],
    };
  });
}
