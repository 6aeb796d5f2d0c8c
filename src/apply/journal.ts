/**
 * The journal of a transaction: an append-only file of checksummed lines in
 * `<root>/rebase-image/transactions/<number>/journal`, made durable line by line. What it says is
 * all that a later run needs to finish or take back what an earlier one began.
 * (Never in `<root>/tmp`: dockerd empties that at start, store.md 2.5.)
 */
import path from 'node:path';
import stringify from 'json-stable-stringify';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { CloneMode, TransactionImage, TransactionState } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { BootTime } from '../store/boot-clock.ts';
import type { Layout } from '../store/layout.ts';
import { namesIn, readBytes } from '../store/read-file.ts';
import type { Disk } from './disk.ts';

/** Version of the journal's format; a newer one is never touched. */
const VERSION = 1;

/** What a journal line tells. */
export type JournalRecord =
  | {
      readonly kind: 'begin';
      readonly version: number;
      readonly transaction: number;
      /** ISO 8601, UTC. */
      readonly startedAt: string;
      readonly command: string;
      readonly clone: CloneMode;
      readonly images: readonly TransactionImage[];
      readonly bound: BoundPlan;
    }
  | { readonly kind: 'staged' }
  /** Which of the plan's `committed` marks were not there, and so are ours. */
  | { readonly kind: 'marking'; readonly committed: readonly string[] }
  /**
   * `before`: repositories.json as it was, so that an undo can give back its very bytes; null where
   * there was none.
   */
  | {
      readonly kind: 'publishing';
      readonly before: string | null;
      /** When the first rename was about to be made: a dockerd started later may have read it. */
      readonly at: BootTime;
    }
  | { readonly kind: 'published'; readonly after: string }
  /** `start` tells a later run how to bring back the daemon and its containers. */
  | { readonly kind: 'daemon-stopped'; readonly start: string }
  | { readonly kind: 'daemon-started' }
  | { readonly kind: 'undoing' }
  | { readonly kind: 'undone' }
  | { readonly kind: 'discarded' };

export type BeginRecord = Extract<JournalRecord, { kind: 'begin' }>;

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

/** Opens a new transaction: the next number, its folder, its first line. */
export function beginTransaction(
  disk: Disk,
  layout: Layout,
  begin: Omit<BeginRecord, 'kind' | 'version' | 'transaction'>,
): Transaction {
  const folder = transactionsFolder(layout);
  disk.ensureDirectory(folder, 0o700);
  const number = Math.max(0, ...numbersIn(layout)) + 1;
  const own = path.join(folder, String(number));
  disk.makeDirectory(own, 0o700);
  disk.sync(folder);
  const file = path.join(own, 'journal');
  const first: BeginRecord = { kind: 'begin', version: VERSION, transaction: number, ...begin };
  disk.appendDurably(file, lineOf(first));
  disk.sync(own);
  return transactionOf(file, [first]);
}

/**
 * Adds a line and returns the transaction as it stands then. What a run that died left of its last
 * line is cut off first.
 */
export function record(disk: Disk, transaction: Transaction, entry: JournalRecord): Transaction {
  const { file } = transaction;
  const { wholeBytes, allBytes } = readLines(file);
  if (wholeBytes < allBytes) disk.truncate(file, wholeBytes);
  disk.appendDurably(file, lineOf(entry));
  return readJournal(file) ?? transaction;
}

/**
 * All transactions of a store, oldest first. A folder without a readable first line is a
 * transaction that died before it did anything.
 * Throws STORE_DAMAGED for a journal that is broken before its last line, STORE_UNSUPPORTED for
 * one of a newer version.
 */
export function readTransactions(layout: Layout): Transaction[] {
  return numbersIn(layout)
    .map((number) => readJournal(path.join(transactionsFolder(layout), String(number), 'journal')))
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
  return records.length === 0 ? undefined : transactionOf(file, records);
}

/**
 * The journal's records, and how many of its bytes are whole lines. The last line may be torn: it
 * was being written when the run ended, and counts as not written. Throws STORE_DAMAGED for a broken
 * line before a whole one.
 */
function readLines(file: string): {
  records: JournalRecord[];
  wholeBytes: number;
  allBytes: number;
} {
  const bytes = readBytes(file) ?? Buffer.alloc(0);
  const records: JournalRecord[] = [];
  let wholeBytes = 0;
  let broken: number | undefined;
  let at = 0;
  for (let line = 1; bytes.includes('\n', at); line += 1) {
    const end = bytes.indexOf('\n', at);
    const entry = recordIn(bytes.toString('utf8', at, end));
    at = end + 1;
    if (entry === undefined) {
      broken ??= line;
      continue;
    }
    if (broken !== undefined) throw brokenLine(file, broken);
    records.push(entry);
    wholeBytes = at;
  }
  return { records, wholeBytes, allBytes: bytes.length };
}

function brokenLine(file: string, line: number): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} is broken in line ${line}`, {
    hint: 'restore the file from a backup; it tells how to finish or undo the transaction',
  });
}

function transactionOf(file: string, records: readonly JournalRecord[]): Transaction {
  const [begin] = records;
  if (begin?.kind !== 'begin') {
    throw new RebaseError('STORE_DAMAGED', `${file} does not begin with a transaction`);
  }
  if (begin.version > VERSION) {
    throw new RebaseError('STORE_UNSUPPORTED', `${file} was written by a newer rebase-image`, {
      hint: 'use that version, or a later one',
    });
  }
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
      case 'staged':
      case 'undoing':
      case 'undone':
      case 'discarded':
        state = entry.kind;
    }
  }
  return {
    number: begin.transaction,
    file,
    begin,
    bound: { ...begin.bound, committed },
    state,
    repositories: { before, after },
    publishingAt,
    daemonToStart,
  };
}

function lineOf(entry: JournalRecord): string {
  const text = stringify(entry) ?? '';
  return `${sha256Hex(text)} ${text}\n`;
}

function recordIn(line: string): JournalRecord | undefined {
  const space = line.indexOf(' ');
  const text = line.slice(space + 1);
  if (space < 0 || line.slice(0, space) !== sha256Hex(text)) return undefined;
  return JSON.parse(text) as JournalRecord;
}

function numbersIn(layout: Layout): number[] {
  return namesIn(transactionsFolder(layout))
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function transactionsFolder(layout: Layout): string {
  return path.join(layout.journal, 'transactions');
}
