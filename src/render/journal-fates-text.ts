import type { JournalFate } from '../domain/journal-fate.ts';
import { transactionTable } from './history-text.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { pageOf, wrap, type PageOptions } from './page.ts';

/** Which journals go, and why the others stay. Ends with a newline. */
export function renderJournalFates(
  fates: readonly JournalFate[],
  options: PageOptions & { readonly now: Date },
): string {
  const page = pageOf(options);
  const going = fates.filter(({ kept }) => kept === undefined).map(({ view }) => view);
  const lines = [
    ...(going.length === 0
      ? ['No journal can be dropped.']
      : ['Journals to drop', ...transactionTable(page, going, options.now)]),
    ...fates.flatMap(({ view, kept }) =>
      kept === undefined ? [] : wrap(page, `stays: transaction ${view.transaction}: ${kept}`, 2),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as a JSON document; `changed` says whether they were dropped. */
export function journalFatesDocument(
  fates: readonly JournalFate[],
  changed: boolean,
): JsonDocument {
  return {
    ...documentHead('journals', { changed }),
    dropped: fates.filter(({ kept }) => kept === undefined).map(({ view }) => view),
    kept: fates.flatMap(({ view, kept }) =>
      kept === undefined ? [] : [{ transaction: view.transaction, reason: kept }],
    ),
  };
}
