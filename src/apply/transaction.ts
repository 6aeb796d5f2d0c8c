/** What the lines of a journal add up to. */
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { TransactionState } from '../domain/report.ts';
import type { BootTime } from '../store/boot-clock.ts';
import { planIn, type BeginRecord, type JournalRecord } from './journal-record.ts';

/** repositories.json around a publish; undefined until the publish came there, null for no file. */
export interface RepositoriesTexts {
  readonly before: string | null | undefined;
  readonly after: string | undefined;
}

/** A transaction as its journal tells it. */
export interface Transaction {
  readonly number: number;
  readonly file: string;
  /** How many bytes of its journal have told this. */
  readonly bytes: number;
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

/** A transaction of which only the first line is written. */
export function begunAs(file: string, begin: BeginRecord, bytes: number): Transaction {
  const bound = planIn(begin);
  return {
    number: begin.transaction,
    file,
    bytes,
    begin: { ...begin, bound },
    bound: { ...bound, committed: [] },
    state: 'staging',
    repositories: { before: undefined, after: undefined },
    publishingAt: undefined,
    daemonToStart: undefined,
  };
}

/** The transaction after one more line. */
export function advanced(before: Transaction, entry: JournalRecord, bytes: number): Transaction {
  return { ...before, ...changeBy(entry, before), bytes: before.bytes + bytes };
}

function changeBy(
  entry: JournalRecord,
  { bound, repositories }: Transaction,
): Partial<Transaction> {
  switch (entry.kind) {
    case 'begin':
      return {};
    case 'marking':
      return { bound: { ...bound, committed: entry.committed } };
    case 'daemon-stopped':
      return { daemonToStart: entry.start };
    case 'daemon-started':
      return { daemonToStart: undefined };
    case 'publishing':
      return {
        state: entry.kind,
        repositories: { ...repositories, before: entry.before },
        publishingAt: entry.at,
      };
    case 'published':
      return { state: entry.kind, repositories: { ...repositories, after: entry.after } };
    case 'discarding':
      return { state: 'staging' };
    case 'staged':
    case 'undoing':
    case 'undone':
    case 'discarded':
      return { state: entry.kind };
  }
}
