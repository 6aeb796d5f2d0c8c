/**
 * What every command that writes shares: the program's own lock, the transactions, the engine.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { hostDisk, type Disk } from '../apply/disk.ts';
import type { Engine } from '../apply/engine.ts';
import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import { asRebaseError } from '../apply/system-error.ts';
import { flockFile } from '../daemon/flock-file.ts';
import type { Progress } from '../domain/progress.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import { statOf } from '../store/read-file.ts';
import type { OpenStore } from './open-store.ts';

export interface SessionOptions {
  readonly lockTimeoutSeconds: number;
  readonly progress: Progress;
  /** Ends the run where everything can still be taken back; its reason is thrown then. */
  readonly signal?: AbortSignal | undefined;
  /** All writing goes through it; the host's own disk unless a test says otherwise. */
  readonly disk?: Disk;
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
  const { disk = hostDisk, progress, signal, lockTimeoutSeconds } = options;
  try {
    disk.ensureDirectory(layout.journal, 0o700);
    const lock = await flockFile(lockFile(layout), { timeoutSeconds: lockTimeoutSeconds });
    try {
      return await work({ disk, layout, progress, signal });
    } finally {
      lock.release();
    }
  } catch (error) {
    throw asRebaseError(error);
  }
}

/**
 * Refuses before anybody reads a plan what `withSession` would refuse after it. Writes nothing.
 * Throws LOCKED, TRANSACTION_OPEN.
 */
export async function refuseBusy(
  store: OpenStore,
  options: Pick<SessionOptions, 'lockTimeoutSeconds'>,
): Promise<void> {
  await refuseLocked(store, options);
  refuseOpenTransaction(readTransactions(store.layout));
}

/** Throws LOCKED while another run writes to the store. Writes nothing. */
export async function refuseLocked(
  { layout }: OpenStore,
  { lockTimeoutSeconds }: Pick<SessionOptions, 'lockTimeoutSeconds'>,
): Promise<void> {
  const file = lockFile(layout);
  if (statOf(file) === undefined) return;
  const lock = await flockFile(file, { timeoutSeconds: lockTimeoutSeconds });
  lock.release();
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
    hint:
      open.state === 'staging'
        ? 'rebase-image abort removes what there is'
        : 'rebase-image resume finishes it, rebase-image abort takes it back',
  });
}

/**
 * The transaction that resume and abort are about, undefined when none is open. Throws STORE_DAMAGED
 * for one that was begun on another store: its journal was copied here.
 */
export function openTransactionOf(
  { layout }: OpenStore,
  transactions: readonly Transaction[],
): Transaction | undefined {
  const open = openTransaction(transactions);
  if (open === undefined || open.begin.root === realpathSync(layout.root)) return open;
  throw new RebaseError(
    'STORE_DAMAGED',
    `transaction ${open.number} was begun on ${open.begin.root}, not on ${layout.root}`,
    { hint: `bring the store back to where it was, or move ${open.file} away` },
  );
}

/** The transaction that abort is about. Throws TRANSACTION_NOT_FOUND, STORE_DAMAGED. */
export function theOpenTransaction(store: OpenStore): Transaction {
  const open = openTransactionOf(store, readTransactions(store.layout));
  if (open !== undefined) return open;
  throw new RebaseError('TRANSACTION_NOT_FOUND', 'no transaction is open', {
    hint: 'rebase-image undo takes back a finished one, rebase-image history lists them',
  });
}
