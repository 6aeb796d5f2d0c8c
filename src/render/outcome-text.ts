/**
 * The closing lines of a run.
 */
import type { ImageResult, Outcome } from '../domain/report.ts';
import { idText, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';

/** What was done, what is still to do, and how to take it back. Ends with a newline. */
export function renderOutcome(outcome: Outcome, options: PageOptions): string {
  const page = pageOf(options);
  const lines = [
    ...outcome.images.flatMap((image) => resultLines(page, image, outcome.pending)),
    ...outcome.notes.flatMap((note) => wrap(page, `note: ${oneLine(note)}`, 0)),
    ...transactionLines(page, outcome),
    ...pendingLines(page, outcome),
  ];
  return `${(lines.length === 0 ? ['Nothing to do.'] : lines).join('\n')}\n`;
}

function resultLines(page: Page, image: ImageResult, pending: Outcome['pending']): string[] {
  const { reference, outcome, before, after, reason } = image;
  const name = printable(reference);
  if (outcome === 'unchanged') {
    const why = reason === undefined ? '' : `: ${oneLine(reason)}`;
    return wrap(page, `${name}   unchanged${why}`, 0);
  }
  const ids = `${idText(page, before)} -> ${idText(page, after)}`;
  const state = pending === 'publish' ? '   staged' : '';
  return wrap(page, `${name}   ${ids}${state}`, 0).map(page.paint.green);
}

function transactionLines(page: Page, { kind, transaction, changed, pending }: Outcome): string[] {
  if (transaction === undefined) return [];
  if (kind === 'undone') return [`Transaction ${transaction} is undone.`];
  if (kind === 'discarded') return [`Transaction ${transaction} is thrown away.`];
  if (pending === 'publish') {
    return wrap(page, `Transaction ${transaction} is staged. Throw away: rebase-image abort`, 0);
  }
  const undo = changed ? ` Undo: rebase-image undo ${transaction}` : '';
  return wrap(page, `Transaction ${transaction}.${undo}`, 0);
}

function pendingLines(page: Page, { pending }: Outcome): string[] {
  switch (pending) {
    case 'restart':
      return wrap(
        page,
        'dockerd takes it at its next start (systemctl restart docker). Until then keep the new base: dockerd does not know that the result stands on it.',
        0,
      ).map(page.paint.yellow);
    case 'publish':
      return wrap(page, 'Publish: rebase-image resume [--restart]', 0).map(page.paint.yellow);
    case undefined:
      return [];
  }
}
