import { counted } from '../domain/counted.ts';
import type { FailedImage } from '../domain/report.ts';
import { firstOf, wrap, type Page } from './page.ts';
import { oneLine, printable } from './printable.ts';

const FAILURES_SHOWN = 10;

/** What is left out, each with its reason and how to go on. */
export function failureLines(page: Page, failures: readonly FailedImage[]): string[] {
  if (failures.length === 0) return [];
  const { shown, more } = firstOf(page, failures, FAILURES_SHOWN);
  return [
    page.paint.red(`Left out: ${counted(failures.length, 'image')}`),
    ...shown.flatMap(({ reference, error }) => [
      ...wrap(page, `${printable(reference)}: ${oneLine(error.message)}`, 2),
      ...wrap(page, `hint: ${oneLine(error.hint ?? '')}`, 6).map(page.paint.dim),
    ]),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
