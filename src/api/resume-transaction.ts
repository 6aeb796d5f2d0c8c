import type { Engine } from '../apply/engine.ts';
import { readTransactions, type Transaction } from '../apply/journal.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { OpenStore } from './open-store.ts';
import { verifyOrTakeBack } from './publish-in-restart.ts';
import type { PublishResult } from './publish-result.ts';
import { publishTransaction } from './publish-transaction.ts';
import { reapplyTags } from './reapply-tags.ts';
import { recordedRestart, type RestartOptions } from './restart-daemon.ts';
import { openTransactionOf, withSession, type SessionOptions } from './session.ts';
import { transactionOutcome } from './transaction-outcome.ts';
import { planUndoOf } from './undo-facts.ts';
import { takeBack } from './undo-transaction.ts';
import { bringBack, endStop, withDaemonState } from './while-stopped.ts';

/**
 * Goes on with what was left open: publishes what is staged, finishes a publish or an undo, starts
 * a daemon that a run before left stopped. With nothing open it applies tags again that a running
 * daemon has overwritten, and restarts it if that is wanted.
 * Throws TRANSACTION_NOT_FOUND when there is nothing to go on with.
 */
export async function resumeTransaction(
  store: OpenStore,
  options: SessionOptions & RestartOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    const transactions = readTransactions(store.layout);
    const open = openTransactionOf(store, transactions);
    const result =
      open === undefined
        ? await reapplyTags(store, engine, { transactions, options })
        : await finish(store, engine, { transaction: open, options });
    return transactionOutcome(result.transaction, result);
  });
}

async function finish(
  store: OpenStore,
  engine: Engine,
  going: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  const stopped = recordedRestart(store, going.transaction);
  if (stopped === undefined) return goOn(store, engine, going);
  let done: PublishResult;
  try {
    if (!needsNobody(going.transaction)) await endStop(engine, stopped, stopped.stoppedAt);
    done = await goOn(store, engine, going);
  } catch (error) {
    throw withDaemonState(error, await bringBack(engine, going.transaction, stopped));
  }
  const back = await bringBack(engine, done.transaction, stopped);
  if (done.transaction.state === 'published') return verifyOrTakeBack(engine, back, stopped);
  if (back.state === 'up') return { ...done, transaction: back.transaction, notes: back.notes };
  throw new RebaseError('HALF_WAY', `dockerd is down: ${back.message}`, {
    hint: back.hint,
    transaction: done.transaction.number,
  });
}

/** A switch that is made, or taken back: containers that run have the files that they shall have. */
function needsNobody({ state, bound }: Transaction): boolean {
  return bound.switches.length > 0 && ['published', 'undone', 'discarded'].includes(state);
}

async function goOn(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  const asIs = { transaction, pending: undefined, notes: [] };
  switch (transaction.state) {
    case 'staging':
      throw new RebaseError(
        'TRANSACTION_NOT_FOUND',
        `transaction ${transaction.number} was not staged whole`,
        { hint: 'rebase-image abort removes what there is; then run the command again' },
      );
    case 'staged':
    case 'publishing':
      return publishTransaction(store, engine, { transaction, options });
    case 'undoing': {
      const plan = planUndoOf(store.layout, transaction);
      return { ...asIs, transaction: await takeBack(store, engine, { transaction, plan }) };
    }
    // Only the daemon is left to be started.
    case 'published':
    case 'undone':
    case 'discarded':
      return asIs;
  }
}
