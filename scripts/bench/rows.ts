/** The lines of the benchmark's table, and the table. Pure. */
import type { Spread } from './statistics.ts';

/** A promise of DESIGN.md and whether this run keeps it. */
export interface Target {
  readonly text: string;
  readonly met: boolean;
}

/** One measurement beside another of the same rounds, or one that stands for itself. */
export interface Row {
  readonly section: string;
  readonly what: string;
  readonly ours: Measured;
  readonly against?: Against | undefined;
  readonly target?: Target | undefined;
  /** What the ratio does not say, in a few words. */
  readonly note?: string | undefined;
}

export interface Against {
  readonly what: string;
  readonly theirs: Measured;
  /** Ours divided by theirs, round by round. */
  readonly ratio: Spread;
}

export interface Measured {
  readonly unit: Unit;
  readonly spread: Spread;
}

export type Unit = 'ms' | 'MB' | 'MB/s' | 'images/s';

const HEAD = ['', 'ours', 'against', 'theirs', 'ratio: min median max', 'target'];

/** The table, a line for each row, sections under their names. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => ({ section: row.section, cells: cellsOf(row) }));
  const widths = HEAD.map((name, column) =>
    Math.max(name.length, ...lines.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  let section = '';
  const body = lines.flatMap((next) => {
    const title = next.section === section ? [] : ['', next.section];
    section = next.section;
    return [...title, line(next.cells)];
  });
  return [line(HEAD), ...body].map((text) => `${text}\n`).join('');
}

function cellsOf({ what, ours, against, target, note }: Row): string[] {
  const kept = target === undefined ? '' : `${target.text}: ${target.met ? 'met' : 'missed'}`;
  return [
    `  ${what}`,
    shown(ours),
    against?.what ?? '',
    against === undefined ? '' : shown(against.theirs),
    against === undefined ? '' : ratio(against.ratio),
    [kept, note ?? ''].filter((text) => text !== '').join('; '),
  ];
}

function shown({ unit, spread: { median } }: Measured): string {
  return `${digits(median)} ${unit}`;
}

function ratio({ min, median, max }: Spread): string {
  return [min, median, max].map(digits).join('  ');
}

/** Three digits that count; thousands whole. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}
