import { discard, type Engine } from '../apply/engine.ts';
import { readAgain, type Transaction } from '../apply/journal.ts';
import { obstaclesTo } from '../apply/obstacles.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { OpenStore } from './open-store.ts';
import { publishTransaction } from './publish-transaction.ts';
import { recordedRestart } from './restart-daemon.ts';
import { theOpenTransaction, withSession, type SessionOptions } from './session.ts';
import { transactionOutcome } from './transaction-outcome.ts';
import { planUndoOf } from './undo-facts.ts';
import { refuseDependants, takeBack } from './undo-transaction.ts';
import { bringBack, endStop, withDaemonState } from './while-stopped.ts';

/**
 * Takes back what was left open. What is staged is removed; a publish that has begun is finished
 * first, since it only goes forward, and then undone. A daemon that was left stopped is started,
 * also when the rest fails. Throws TRANSACTION_NOT_FOUND when nothing is open, IN_USE when
 * something depends on the result.
 */
export async function abortTransaction(
  store: OpenStore,
  options: SessionOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    const open = theOpenTransaction(store);
    const stopped = recordedRestart(store, open);
    let taken: Transaction;
    try {
      if (stopped !== undefined && !isInert(open)) {
        await endStop(engine, stopped, stopped.stoppedAt);
      }
      taken = await takenBack(store, engine, open);
    } catch (error) {
      if (stopped === undefined) throw error;
      throw withDaemonState(error, await bringBack(engine, open, stopped));
    }
    const result = { pending: undefined, notes: [] };
    if (stopped === undefined) return transactionOutcome(taken, result);
    const back = await bringBack(engine, taken, stopped);
    if (back.state === 'up') {
      return transactionOutcome(back.transaction, { ...result, notes: back.notes });
    }
    throw new RebaseError('HALF_WAY', `taken back, and dockerd is down: ${back.message}`, {
      hint: `rebase-image resume starts it; ${back.hint}`,
      transaction: open.number,
    });
  });
}

/** Whether all of it is where nobody looks: no container has to be stopped for its removal. */
function isInert({ state, bound }: Transaction): boolean {
  return bound.switches.length > 0 && (state === 'staging' || state === 'staged');
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
    // What cannot be finished any more is undone as far as it came, and so is what can go back
    // from anywhere: a switch.
    case 'publishing':
      return open.bound.switches.length > 0 || obstaclesTo(store.layout, open).length > 0
        ? undone(store, engine, open)
        : takenBack(store, engine, await finished(store, engine, open));
    case 'published':
      return undone(store, engine, open);
    // It was looked at before it began, and only goes on.
    case 'undoing': {
      const plan = planUndoOf(store.layout, open);
      return takeBack(store, engine, { transaction: open, plan });
    }
    // Only the daemon is left to be started.
    case 'undone':
    case 'discarded':
      return open;
  }
}

/** The publish brought to its end; one that did not verify is taken back already. */
async function finished(
  store: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  const options = { restart: false, allow: new Set<string>() };
  try {
    return (await publishTransaction(store, engine, { transaction, options })).transaction;
  } catch (error) {
    const now = readAgain(transaction);
    if (now.state === 'undone') return now;
    throw error;
  }
}

async function undone(
  store: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  const plan = planUndoOf(store.layout, transaction);
  refuseDependants(transaction, plan);
  return takeBack(store, engine, { transaction, plan });
}
