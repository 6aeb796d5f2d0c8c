import type { Transaction } from '../apply/journal.ts';
import type { Outcome } from '../domain/report.ts';

/** How a publish ended. */
export type PublishResult = Pick<Outcome, 'pending' | 'notes'> & {
  readonly transaction: Transaction;
};
