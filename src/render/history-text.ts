import type { TransactionView } from '../domain/report.ts';
import { firstOf, idText, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { printable } from './printable.ts';
import { switchText } from './switch-text.ts';
import { table } from './table.ts';
import { timeAgo } from './time-ago.ts';

/** Transactions as a table, in the order given. Ends with a newline. */
export function renderHistory(
  transactions: readonly TransactionView[],
  options: PageOptions & { readonly now: Date },
): string {
  if (transactions.length === 0) return 'No transactions.\n';
  const page = pageOf(options);
  const [head = '', ...rows] = transactionTable(page, transactions, options.now);
  const lines = rows.flatMap((row, at) => [row, ...imageLines(page, transactions[at])]);
  return `${[head, ...lines].join('\n')}\n`;
}

/** Images of a transaction that are listed below it. */
const LISTED = 5;

/** `my-alpine:3.7   684852bb6bcf -> fa5f70c4e3fe onto alpine:3.12`, one line for each image or base. */
function imageLines(page: Page, transaction: TransactionView | undefined): string[] {
  const { shown, more } = firstOf(page, transaction?.images ?? [], LISTED);
  const switched = (transaction?.switches ?? []).map(switchText);
  const lines = shown.map(({ tag, before, after, newBase }) => {
    const ids = `${idText(page, before)} -> ${idText(page, after)}`;
    return `${printable(tag)}   ${ids} onto ${printable(newBase)}`;
  });
  const rest = more === 0 ? [] : [`and ${more} more`];
  return [...lines, ...switched, ...rest].flatMap((line) => wrap(page, line, 5));
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
    String(one.images.length + one.switches.length),
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
