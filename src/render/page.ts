/**
 * The sheet that text is written on: its colours, its width, whether anything may be shortened.
 */
import picocolors from 'picocolors';
import { shortId } from '../domain/digest.ts';
import { displayWidth, padTo, pieces } from './display-width.ts';
import { printable } from './printable.ts';

export interface PageOptions {
  readonly color: boolean;
  /** Columns of the terminal; 80 when not known. Nothing is set narrower than 80. */
  readonly width?: number | undefined;
  /** Full IDs, names and lists, however wide. */
  readonly noTrunc?: boolean | undefined;
}

export interface Page {
  readonly paint: ReturnType<typeof picocolors.createColors>;
  /** Infinity with noTrunc. */
  readonly width: number;
  readonly noTrunc: boolean;
}

const NARROWEST = 80;

export function pageOf({ color, width, noTrunc }: PageOptions): Page {
  return {
    paint: picocolors.createColors(color),
    width: noTrunc === true ? Infinity : Math.max(NARROWEST, width ?? NARROWEST),
    noTrunc: noTrunc === true,
  };
}

/** An ID as docker shows it: 12 digits, or all of it with --no-trunc. */
export function idText(page: Page, id: string): string {
  return printable(page.noTrunc ? id : shortId(id));
}

/**
 * Text broken at spaces into lines of the page's width, every line after `indent` columns. Words
 * wider than the line are broken too, so nothing is lost. The text must be printable.
 */
export function wrap(page: Page, text: string, indent: number): string[] {
  const room = page.width - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, room))) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}

const LABEL_WIDTH = 11;

/** `  LABEL      text`, further lines of the text below its first. */
export function labelled(page: Page, label: string, text: string): string[] {
  const indent = 2 + LABEL_WIDTH;
  const [first = '', ...more] = wrap(page, text, indent);
  return [`  ${padTo(label, LABEL_WIDTH)}${first.slice(indent)}`, ...more];
}

/** The text as one of a label's further paragraphs. */
export function below(page: Page, text: string): string[] {
  return wrap(page, text, 2 + LABEL_WIDTH);
}

/** The first entries of a list and how many more there are; all of them with --no-trunc. */
export function firstOf<T>(
  page: Page,
  list: readonly T[],
  limit: number,
): { readonly shown: readonly T[]; readonly more: number } {
  // One line saying "and 1 more" takes the room of the entry that it hides.
  if (page.noTrunc || list.length <= limit + 1) return { shown: list, more: 0 };
  return { shown: list.slice(0, limit), more: list.length - limit };
}

/** Names in one line, `and N more` after the first ones. */
export function nameList(page: Page, names: readonly string[], limit: number): string {
  const { shown, more } = firstOf(page, names, limit);
  return shown.map(printable).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
