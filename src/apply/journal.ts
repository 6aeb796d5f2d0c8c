/**
 * The journal of a transaction: what it says is all that a later run needs to finish or take back
 * what an earlier one began.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { TransactionState } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { BootTime } from '../store/boot-clock.ts';
import type { Layout } from '../store/layout.ts';
import type { Disk } from './disk.ts';
import { bothFailed } from './half-way.ts';
import { journalFile, numbersIn, transactionFolder, transactionsFolder } from './journal-folder.ts';
import { lineOf, newerJournal, readLines } from './journal-lines.ts';
import {
  areMarks,
  hasOwnNames,
  planIn,
  VERSION,
  versionFor,
  type BeginRecord,
  type JournalRecord,
} from './journal-record.ts';

export type { BeginRecord, JournalRecord } from './journal-record.ts';

/** repositories.json around a publish; undefined until the publish came there, null for no file. */
export interface RepositoriesTexts {
  readonly before: string | null | undefined;
  readonly after: string | undefined;
}

/** A transaction as its journal tells it. */
export interface Transaction {
  readonly number: number;
  readonly file: string;
  readonly begin: BeginRecord;
  /** The plan, with those of its `committed` marks that are ours. */
  readonly bound: BoundPlan;
  readonly state: TransactionState;
  /** repositories.json before and after the publish, as far as it came. */
  readonly repositories: RepositoriesTexts;
  /** When its publish began. */
  readonly publishingAt: BootTime | undefined;
  /** The daemon was stopped by this transaction and not started again: how to start it. */
  readonly daemonToStart: string | undefined;
}

/**
 * Opens a new transaction: the next number, its folder, its first line. Nothing else is written
 * before all of them are durable, the names of the folders included. When that fails, nothing was
 * begun; throws HALF_WAY when the first line cannot be removed either.
 */
export function beginTransaction(
  disk: Disk,
  layout: Layout,
  begin: Omit<BeginRecord, 'kind' | 'version' | 'transaction' | 'root'>,
): Transaction {
  const folder = transactionsFolder(layout);
  disk.ensureDirectory(folder, 0o700);
  const number = Math.max(0, ...numbersIn(layout)) + 1;
  const own = transactionFolder(layout, number);
  const file = journalFile(layout, number);
  const root = realpathSync(layout.root);
  const version = versionFor(begin.bound);
  const first = { kind: 'begin', version, transaction: number, root, ...begin } as const;
  try {
    disk.makeDirectory(own, 0o700);
    disk.appendDurably(file, lineOf(first));
    for (const one of [own, folder, layout.journal, layout.root]) disk.sync(one);
  } catch (error) {
    forget(disk, file, error);
    throw error;
  }
  return transactionOf(file, number, [first]);
}

/** Removes the first line of a transaction that did not begin. */
function forget(disk: Disk, file: string, why: unknown): void {
  try {
    disk.removeFile(file);
    disk.removeEmptyDirectory(path.dirname(file));
  } catch (error) {
    const begun = readJournal(file);
    if (begun !== undefined) throw bothFailed(why, error, begun);
  }
}

/**
 * Adds a line and returns the transaction as it stands then. What a run that died left of its last
 * line is cut off first.
 */
export function record(disk: Disk, transaction: Transaction, entry: JournalRecord): Transaction {
  const { file } = transaction;
  const { wholeBytes, allBytes } = readLines(file);
  if (wholeBytes < allBytes) disk.truncate(file, wholeBytes);
  try {
    disk.appendDurably(file, lineOf(entry));
  } catch (error) {
    takeLineBack(disk, file, wholeBytes);
    throw error;
  }
  return readAgain(transaction);
}

/** A line that may be there without being durable must not be believed by the next run. */
function takeLineBack(disk: Disk, file: string, wholeBytes: number): void {
  try {
    disk.truncate(file, wholeBytes);
  } catch {
    // The first error is the one to tell; the next run reads what there is.
  }
}

/** The transaction as its journal tells it by now. */
export function readAgain(transaction: Transaction): Transaction {
  return readJournal(transaction.file) ?? transaction;
}

/**
 * All transactions of a store, oldest first. A folder without a readable first line is a
 * transaction that died before it did anything.
 * Throws STORE_DAMAGED for a journal that is broken before its last line or is not from here,
 * STORE_UNSUPPORTED for one of a newer version.
 */
export function readTransactions(layout: Layout): Transaction[] {
  return numbersIn(layout)
    .map((number) => readJournal(journalFile(layout, number)))
    .filter((transaction) => transaction !== undefined);
}

/** The transaction that is neither finished nor taken back; there is at most one. */
export function openTransaction(transactions: readonly Transaction[]): Transaction | undefined {
  return transactions.find(
    ({ state, daemonToStart }) =>
      daemonToStart !== undefined || ['staging', 'staged', 'publishing', 'undoing'].includes(state),
  );
}

function readJournal(file: string): Transaction | undefined {
  const { records } = readLines(file);
  const number = Number(path.basename(path.dirname(file)));
  return records.length === 0 ? undefined : transactionOf(file, number, records);
}

function transactionOf(
  file: string,
  number: number,
  records: readonly JournalRecord[],
): Transaction {
  const [written] = records;
  if (written?.kind !== 'begin') throw wrongJournal(file, 'does not begin with a transaction');
  if (written.version > VERSION) throw newerJournal(file);
  if (written.transaction !== number) {
    throw wrongJournal(file, `tells of transaction ${written.transaction}`);
  }
  const begin = { ...written, bound: planIn(written) };
  if (!hasOwnNames(begin.bound)) throw wrongJournal(file, 'holds names that no layer has');
  let state: TransactionState = 'staging';
  let before: string | null | undefined;
  let committed: readonly string[] = [];
  let after: string | undefined;
  let publishingAt: BootTime | undefined;
  let daemonToStart: string | undefined;
  for (const entry of records.slice(1)) {
    switch (entry.kind) {
      case 'begin':
        break;
      case 'marking':
        if (!areMarks(entry.committed)) throw wrongJournal(file, 'holds names that no layer has');
        committed = entry.committed;
        break;
      case 'daemon-stopped':
        daemonToStart = entry.start;
        break;
      case 'daemon-started':
        daemonToStart = undefined;
        break;
      case 'publishing':
        before = entry.before;
        publishingAt = entry.at;
        state = entry.kind;
        break;
      case 'published':
        after = entry.after;
        state = entry.kind;
        break;
      case 'discarding':
        state = 'staging';
        break;
      case 'staged':
      case 'undoing':
      case 'undone':
      case 'discarded':
        state = entry.kind;
    }
  }
  return {
    number,
    file,
    begin,
    bound: { ...begin.bound, committed },
    state,
    repositories: { before, after },
    publishingAt,
    daemonToStart,
  };
}

function wrongJournal(file: string, what: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} ${what}`, {
    hint: 'it is not from here: look at it and move it away, or restore it from a backup',
  });
}
