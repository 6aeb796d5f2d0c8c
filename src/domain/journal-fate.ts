import type { TransactionView } from './report.ts';

/** What `history --prune` does with one journal. */
export interface JournalFate {
  readonly view: TransactionView;
  /** Why it stays; undefined when it can be dropped. */
  readonly kept: string | undefined;
}
