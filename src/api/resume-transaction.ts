import { note, type Engine } from '../apply/engine.ts';
import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { OpenStore } from './open-store.ts';
import { publishTransaction } from './publish-transaction.ts';
import { recordedService, type RestartOptions } from './restart-daemon.ts';
import { reapplyTransaction } from './reapply-transaction.ts';
import { withSession, type SessionOptions } from './session.ts';
import { takeBack } from './undo-transaction.ts';
import { planUndoOf } from './undo-facts.ts';

/**
 * Goes on with what was left open: publishes what is staged, finishes a publish or an undo, starts
 * a daemon that a run before left stopped. With nothing open it applies the last transaction's tags
 * again where a running daemon has overwritten them, and restarts it if that is wanted.
 * Throws TRANSACTION_NOT_FOUND when there is nothing to go on with.
 */
export async function resumeTransaction(
  store: OpenStore,
  options: SessionOptions & RestartOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    const transactions = readTransactions(store.layout);
    const open = openTransaction(transactions);
    if (open !== undefined) return finish(store, engine, { transaction: open, options });
    return reapplyTransaction(store, engine, { transactions, options });
  });
}

async function finish(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<Outcome> {
  const { state } = transaction;
  if (state === 'staging') {
    throw new RebaseError(
      'TRANSACTION_NOT_FOUND',
      `transaction ${transaction.number} was not staged whole`,
      {
        hint: 'rebase-image abort removes what there is; then run the command again',
      },
    );
  }
  let pending: Outcome['pending'];
  let notes: readonly string[] = [];
  if (state === 'undoing') {
    await takeBack(store, engine, { transaction, plan: planUndoOf(store.layout, transaction) });
  } else if (state === 'staged' || state === 'publishing') {
    ({ pending, notes } = await publishTransaction(store, engine, { transaction, options }));
  }
  await startStopped(store, engine, transaction);
  return outcomeOf(transaction, { pending, notes });
}

/** Starts a daemon that an earlier run stopped. Throws DAEMON_FAILED when it does not come up. */
export async function startStopped(
  store: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<void> {
  const service = recordedService(store, transaction);
  if (service === undefined) return;
  engine.progress('start dockerd');
  const outcome = await service.start();
  if (outcome.state !== 'up') {
    throw new RebaseError('DAEMON_FAILED', outcome.message, { hint: outcome.hint });
  }
  note(engine, transaction, { kind: 'daemon-started' });
}

/** What a finished transaction did, for the closing lines. */
export function outcomeOf(
  { number, begin, state }: Transaction,
  { pending, notes }: Pick<Outcome, 'pending' | 'notes'>,
): Outcome {
  const undone = state === 'undoing';
  return {
    kind: undone ? 'undone' : 'rebased',
    changed: true,
    transaction: number,
    images: begin.images.map(({ tag, before, after }) => ({
      reference: tag,
      outcome: undone ? 'restored' : 'rebased',
      before: undone ? after : before,
      after: undone ? before : after,
      tags: [tag],
      reason: undefined,
    })),
    pending,
    notes,
  };
}
