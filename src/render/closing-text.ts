/**
 * What a plan has done, image by image, and what it took.
 */
import { counted } from '../domain/counted.ts';
import { PHASES, type AppliedImage, type Durations } from '../domain/report.ts';
import type { FailedImage, ImageResult, Outcome } from '../domain/report.ts';
import { durationText } from './duration.ts';
import { failureLines } from './failures-text.ts';
import { paintVerdict } from './findings-text.ts';
import { humanSize } from './human-size.ts';
import { firstOf, idText, wrap, type Page } from './page.ts';
import { table } from './table.ts';

/** Rows of the table, unless all are asked for. */
const ROWS_SHOWN = 50;

/** A row for each image, and below it why some were left out. */
export function closingTable(
  page: Page,
  { images }: Outcome,
  failures: readonly FailedImage[],
): string[] {
  const rows = [
    ...images.map((image) => imageRow(page, image)),
    ...failures.map(({ reference }) => ({
      cells: [reference, '', '', '', ''],
      verdict: 'FAILED',
      painted: page.paint.red('FAILED'),
    })),
  ];
  const { shown, more } = firstOf(page, rows, ROWS_SHOWN);
  const [heads = '', ...lines] = table(
    page,
    [
      { head: 'IMAGE', cut: 'middle' },
      { head: 'OLD ID' },
      { head: 'NEW ID' },
      { head: 'CLONED' },
      { head: 'SIZE' },
      { head: 'VERDICT' },
    ],
    { rows: shown.map(({ cells, verdict }) => [...cells, verdict]) },
  );
  return [
    heads,
    ...lines.map((line, at) => {
      const { verdict, painted } = shown[at] ?? { verdict: '', painted: '' };
      return line.slice(0, line.length - verdict.length) + painted;
    }),
    ...(more > 0 ? [`and ${more} more; all of them: --no-trunc`] : []),
    ...failureLines(page, failures),
  ];
}

interface Row {
  readonly cells: readonly string[];
  readonly verdict: string;
  /** The same in its colour. */
  readonly painted: string;
}

function imageRow(page: Page, { reference, before, after, applied }: ImageResult): Row {
  const old = idText(page, before);
  if (applied === undefined) {
    const verdict = 'unchanged';
    return { cells: [reference, old, '', '', ''], verdict, painted: page.paint.dim(verdict) };
  }
  const { bytes, cloned, reused, verdict } = applied;
  const size = cloned === 0 ? '' : humanSize(bytes);
  return {
    cells: [reference, old, idText(page, after), `${cloned} of ${cloned + reused}`, size],
    verdict,
    painted: paintVerdict(page, verdict),
  };
}

/**
 * What all of it took: `60 layers cloned (340 MB), 12 reused`, `30 images in 4.2 s: plan 0.3 s, ...`.
 * Nothing for an outcome of no plan.
 */
export function closingSums(page: Page, { images, durations }: Outcome): string[] {
  const applied = images.flatMap((image) => (image.applied === undefined ? [] : [image.applied]));
  if (applied.length === 0 || durations === undefined) return [];
  const sum = (part: (image: AppliedImage) => number): number =>
    applied.reduce((total, image) => total + part(image), 0);
  const cloned = sum((image) => image.cloned);
  const reused = sum((image) => image.reused);
  const layers = [
    `${counted(cloned, 'layer')} cloned (${humanSize(sum(({ bytes }) => bytes))})`,
    ...(reused > 0 ? [`${reused} reused`] : []),
  ];
  return [
    ...wrap(page, layers.join(', '), 0),
    ...wrap(page, `${counted(applied.length, 'image')} in ${timesText(durations)}`, 0),
  ];
}

/** The phases are all there is to tell: images of one transaction have no times of their own. */
function timesText(durations: Durations): string {
  const phases = PHASES.flatMap((phase) => {
    const took = durations[phase];
    return took === undefined ? [] : [{ phase, took }];
  });
  const total = phases.reduce((sum, { took }) => sum + took, 0);
  const parts = phases.map(({ phase, took }) => `${phase} ${durationText(took)}`);
  return `${durationText(total)}: ${parts.join(', ')}`;
}
