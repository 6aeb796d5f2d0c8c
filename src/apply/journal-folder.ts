/**
 * Where the journals lie: `<root>/rebase-image/transactions/<number>/journal`.
 * (Never in `<root>/tmp`: dockerd empties that at start, store.md 2.5.)
 */
import path from 'node:path';
import type { Layout } from '../store/layout.ts';
import { namesIn } from '../store/read-file.ts';

/** The folder of all transactions. */
export function transactionsFolder(layout: Layout): string {
  return path.join(layout.journal, 'transactions');
}

/** The folder of one transaction. */
export function transactionFolder(layout: Layout, number: number): string {
  return path.join(transactionsFolder(layout), String(number));
}

/** The journal of one transaction. */
export function journalFile(layout: Layout, number: number): string {
  return path.join(transactionFolder(layout, number), 'journal');
}

/** Numbers of all transactions, in order; names that are no number are nobody's business. */
export function numbersIn(layout: Layout): number[] {
  return namesIn(transactionsFolder(layout))
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
