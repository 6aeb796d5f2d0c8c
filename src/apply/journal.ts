/**
 * The journal of a transaction: what it says is all that a later run needs to finish or take back
 * what an earlier one began.
 */
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import type { Disk } from './disk.ts';
import { bothFailed } from './half-way.ts';
import { journalFile, numbersIn, transactionFolder, transactionsFolder } from './journal-folder.ts';
import { lineOf, newerJournal, readLines, type JournalLine } from './journal-lines.ts';
import {
  areMarks,
  hasOwnNames,
  VERSION,
  versionFor,
  type BeginRecord,
  type JournalRecord,
} from './journal-record.ts';
import { advanced, begunAs, type Transaction } from './transaction.ts';

export type { BeginRecord, JournalRecord } from './journal-record.ts';
export type { RepositoriesTexts, Transaction } from './transaction.ts';

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
  const line = lineOf(first);
  try {
    disk.makeDirectory(own, 0o700);
    disk.appendDurably(file, line);
    for (const one of [own, folder, layout.journal, layout.root]) disk.sync(one);
  } catch (error) {
    forget(disk, file, error);
    throw error;
  }
  return begunAs(file, first, Buffer.byteLength(line));
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
  const size = lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const before = size === transaction.bytes ? transaction : readAgain(transaction);
  if (size > before.bytes) disk.truncate(file, before.bytes);
  const line = lineOf(entry);
  try {
    disk.appendDurably(file, line);
  } catch (error) {
    takeLineBack(disk, file, Math.min(size, before.bytes));
    throw error;
  }
  return advanced(before, entry, Buffer.byteLength(line));
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

interface Read {
  /** What tells one state of a file from another. */
  readonly identity: string;
  readonly transaction: Transaction | undefined;
}

/** The journals that were read of a store: a run asks for them before, under and after its lock. */
const READ = new WeakMap<Layout, Map<string, Read>>();

/**
 * All transactions of a store, oldest first. A folder without a readable first line is a
 * transaction that died before it did anything.
 * Throws STORE_DAMAGED for a journal that is broken before its last line or is not from here,
 * STORE_UNSUPPORTED for one of a newer version.
 */
export function readTransactions(layout: Layout): Transaction[] {
  const read = READ.get(layout) ?? new Map<string, Read>();
  READ.set(layout, read);
  return numbersIn(layout)
    .map((number) => unlessRead(read, journalFile(layout, number)))
    .filter((transaction) => transaction !== undefined);
}

function unlessRead(read: Map<string, Read>, file: string): Transaction | undefined {
  const identity = identityOf(file);
  const known = read.get(file);
  if (known?.identity === identity) return known.transaction;
  const transaction = readJournal(file);
  read.set(file, { identity, transaction });
  return transaction;
}

function identityOf(file: string): string {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'none' : [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}

/** The transaction that is neither finished nor taken back; there is at most one. */
export function openTransaction(transactions: readonly Transaction[]): Transaction | undefined {
  return transactions.find(
    ({ state, daemonToStart }) =>
      daemonToStart !== undefined || ['staging', 'staged', 'publishing', 'undoing'].includes(state),
  );
}

function readJournal(file: string): Transaction | undefined {
  const [first, ...rest] = readLines(file);
  return first && transactionOf(file, first, rest);
}

function transactionOf(
  file: string,
  first: JournalLine,
  rest: readonly JournalLine[],
): Transaction {
  const { record: written } = first;
  if (written.kind !== 'begin') throw wrongJournal(file, 'does not begin with a transaction');
  if (written.version > VERSION) throw newerJournal(file);
  if (String(written.transaction) !== path.basename(path.dirname(file))) {
    throw wrongJournal(file, `tells of transaction ${written.transaction}`);
  }
  const begun = begunAs(file, written, first.bytes);
  if (!hasOwnNames(begun.bound)) throw wrongJournal(file, 'holds names that no layer has');
  return rest.reduce((before, { record: entry, bytes }) => {
    if (entry.kind === 'marking' && !areMarks(entry.committed)) {
      throw wrongJournal(file, 'holds names that no layer has');
    }
    return advanced(before, entry, bytes);
  }, begun);
}

function wrongJournal(file: string, what: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} ${what}`, {
    hint: 'it is not from here: look at it and move it away, or restore it from a backup',
  });
}
