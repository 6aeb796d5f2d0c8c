/**
 * What every command that writes shares: the program's own lock, the transactions, the engine.
 */
import path from 'node:path';
import { hostDisk } from '../apply/disk.ts';
import type { Engine } from '../apply/engine.ts';
import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import { asRebaseError } from '../apply/system-error.ts';
import { flockFile } from '../daemon/flock-file.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import { statOf } from '../store/read-file.ts';
import type { OpenStore } from './open-store.ts';

export interface SessionOptions {
  readonly lockTimeoutSeconds: number;
  readonly progress: (what: string) => void;
  /** Ends the run where everything can still be taken back; its reason is thrown then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` with this program's lock on the store held, so that two runs never meet.
 * Throws LOCKED when another run keeps it longer than the timeout.
 */
export async function withSession<T>(
  { layout }: OpenStore,
  options: SessionOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  hostDisk.ensureDirectory(layout.journal, 0o700);
  const lock = await flockFile(lockFile(layout), {
    timeoutSeconds: options.lockTimeoutSeconds,
  });
  try {
    const { progress, signal } = options;
    return await work({ disk: hostDisk, layout, progress, signal });
  } catch (error) {
    throw asRebaseError(error);
  } finally {
    lock.release();
  }
}

/**
 * Refuses before anybody reads a plan what `withSession` would refuse after it. Writes nothing.
 * Throws LOCKED, TRANSACTION_OPEN.
 */
export async function refuseBusy(
  { layout }: OpenStore,
  { lockTimeoutSeconds }: Pick<SessionOptions, 'lockTimeoutSeconds'>,
): Promise<void> {
  const file = lockFile(layout);
  if (statOf(file) !== undefined) {
    const lock = await flockFile(file, { timeoutSeconds: lockTimeoutSeconds });
    lock.release();
  }
  refuseOpenTransaction(readTransactions(layout));
}

function lockFile(layout: Layout): string {
  return path.join(layout.journal, 'lock');
}

/** Throws TRANSACTION_OPEN while an earlier transaction is neither finished nor taken back. */
export function refuseOpenTransaction(transactions: readonly Transaction[]): void {
  const open = openTransaction(transactions);
  if (open === undefined) return;
  const what = open.state === 'staged' ? 'is staged and not published' : 'was interrupted';
  throw new RebaseError('TRANSACTION_OPEN', `transaction ${open.number} ${what}`, {
    hint: 'rebase-image resume finishes it, rebase-image abort takes it back',
  });
}

/** The transaction that resume and abort are about. Throws TRANSACTION_NOT_FOUND. */
export function theOpenTransaction({ layout }: OpenStore): Transaction {
  const open = openTransaction(readTransactions(layout));
  if (open !== undefined) return open;
  throw new RebaseError('TRANSACTION_NOT_FOUND', 'no transaction is open', {
    hint: 'rebase-image history lists the finished ones',
  });
}
