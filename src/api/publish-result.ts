import type { Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import type { Outcome } from '../domain/report.ts';

/** How a publish ended. */
export type PublishResult = Pick<Outcome, 'pending' | 'notes'> & {
  readonly transaction: Transaction;
};

/** What is written once nobody is in the way; returns the transaction as it stands then. */
export type Write = (engine: Engine, transaction: Transaction) => Promise<Transaction>;
