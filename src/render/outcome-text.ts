/**
 * The closing lines of a run.
 */
import type { FailedImage, ImageResult, Outcome } from '../domain/report.ts';
import { closingSums, closingTable } from './closing-text.ts';
import { idText, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';
import { switchText } from './switch-text.ts';

/**
 * What was done, what is still to do, and how to take it back. Ends with a newline. `failures` are
 * the images that were left out of the plan.
 */
export function renderOutcome(
  outcome: Outcome,
  options: PageOptions,
  failures: readonly FailedImage[] = [],
): string {
  const page = pageOf(options);
  const lines = [
    ...imageLines(page, outcome, failures),
    ...switchLines(page, outcome),
    ...closingSums(page, outcome),
    ...outcome.notes.flatMap((note) => wrap(page, `note: ${oneLine(note)}`, 0)),
    ...transactionLines(page, outcome),
    ...pendingLines(page, outcome),
  ];
  return `${(lines.length === 0 ? ['Nothing to do.'] : lines).join('\n')}\n`;
}

/** One image of a plan in one line, several in a table; each in a line where there was no plan. */
function imageLines(page: Page, outcome: Outcome, failures: readonly FailedImage[]): string[] {
  const { images, pending } = outcome;
  const planned = images.some(({ applied }) => applied !== undefined);
  if (planned && images.length + failures.length > 1) return closingTable(page, outcome, failures);
  return images.flatMap((image) => resultLines(page, image, pending));
}

function switchLines(page: Page, { switches, pending }: Outcome): string[] {
  const state = pending === 'publish' ? '   staged' : '';
  return switches
    .flatMap((one) => wrap(page, `${switchText(one)}${state}`, 0))
    .map(page.paint.green);
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

function pendingLines(page: Page, { pending, switches }: Outcome): string[] {
  switch (pending) {
    case 'restart':
      return wrap(
        page,
        'dockerd takes it at its next start (systemctl restart docker). Until then keep the new base: dockerd does not know that the result stands on it.',
        0,
      ).map(page.paint.yellow);
    case 'publish':
      return wrap(
        page,
        `Publish: rebase-image resume [${switches.length > 0 ? '--restart-containers' : '--restart'}]`,
        0,
      ).map(page.paint.yellow);
    case undefined:
      return [];
  }
}
