import type { TransactionView } from '../domain/report.ts';
import { pageOf, type Page, type PageOptions } from './page.ts';
import { table } from './table.ts';
import { timeAgo } from './time-ago.ts';

/** Transactions as a table, in the order given. Ends with a newline. */
export function renderHistory(
  transactions: readonly TransactionView[],
  options: PageOptions & { readonly now: Date },
): string {
  if (transactions.length === 0) return 'No transactions.\n';
  return `${transactionTable(pageOf(options), transactions, options.now).join('\n')}\n`;
}

/** TX, WHEN, COMMAND, IMAGES, STATE. */
export function transactionTable(
  page: Page,
  transactions: readonly TransactionView[],
  now: Date,
): string[] {
  const rows = transactions.map((one) => [
    String(one.transaction),
    page.noTrunc ? one.startedAt : timeAgo(one.startedAt, now),
    // Every command begins with our own name: the room is for what differs.
    one.command.replace(/^rebase-image /, ''),
    String(one.images.length),
    one.state,
  ]);
  const columns = [
    { head: 'TX' },
    { head: 'WHEN', cut: 'end' as const },
    { head: 'COMMAND', cut: 'end' as const },
    { head: 'IMAGES' },
    { head: 'STATE' },
  ];
  return table(page, columns, { rows });
}
