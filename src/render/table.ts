/**
 * Tables as docker prints them: upper-case heads, three spaces between columns, no borders.
 */
import { cutEnd, cutMiddle, displayWidth, padTo } from './display-width.ts';
import type { Page } from './page.ts';
import { printable } from './printable.ts';

export interface Column {
  readonly head: string;
  /** Where the column is cut when the table is too wide; a column without it is never cut. */
  readonly cut?: 'end' | 'middle';
}

const GAP = 3;
const NARROWEST_CELL = 8;

/**
 * The lines of a table. Cells are raw text, made printable here. Columns that may be cut are, the
 * widest first, until the table fits the page.
 */
export function table(
  page: Page,
  columns: readonly Column[],
  { rows, indent = 0 }: { rows: readonly (readonly string[])[]; indent?: number },
): string[] {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => row.map(printable))];
  const natural = columns.map((_, at) => widest(cells.map((row) => displayWidth(row[at] ?? ''))));
  const widths = fitted(natural, columns, page.width - indent - GAP * (columns.length - 1));
  return cells.map((row) => {
    const texts = columns.map(({ cut }, at) => {
      const width = widths[at] ?? 0;
      const text = row[at] ?? '';
      return padTo(cut === 'middle' ? cutMiddle(text, width) : cutEnd(text, width), width);
    });
    return ' '.repeat(indent) + texts.join(' '.repeat(GAP)).trimEnd();
  });
}

/** Column widths whose sum is at most `room`, as far as the columns can be cut. */
function fitted(natural: readonly number[], columns: readonly Column[], room: number): number[] {
  const widths = [...natural];
  const narrowest = columns.map(({ head }) => Math.max(NARROWEST_CELL, head.length));
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, 0) - room;
    if (excess <= 0) return widths;
    const cuttable = columns
      .map(({ cut }, at) => ({ at, width: widths[at] ?? 0, least: narrowest[at] ?? 0, cut }))
      .filter(({ cut, width, least }) => cut !== undefined && width > least)
      .sort((a, b) => b.width - a.width);
    const [first, second] = cuttable;
    if (first === undefined) return widths;
    // Down to the next widest at once, then in turn: a very long cell costs no long loop.
    const target = Math.max(first.least, Math.min(second?.width ?? 0, first.width - 1));
    widths[first.at] = Math.max(target, first.width - excess);
  }
}

function widest(widths: readonly number[]): number {
  return widths.reduce((most, width) => Math.max(most, width), 0);
}
