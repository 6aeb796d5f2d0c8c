import path from 'node:path';
import type { Disk } from './disk.ts';
import type { Transaction } from './journal.ts';

/**
 * Removes the journals of these transactions. A folder of which only a part is removed counts as one
 * that was never begun.
 */
export async function dropJournals(
  disk: Disk,
  transactions: readonly Transaction[],
): Promise<void> {
  const [first] = transactions;
  if (first === undefined) return;
  for (const { file } of transactions) disk.removeFile(file);
  await disk.removeTrees(transactions.map(({ file }) => path.dirname(file)));
  disk.sync(path.dirname(path.dirname(first.file)));
}
