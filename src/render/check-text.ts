/**
 * What could break in a rebase, image by image.
 */
import { VERDICTS, verdictOf } from '../domain/finding.ts';
import { rebasesOf } from '../domain/plan.ts';
import type { CheckReport } from '../domain/report.ts';
import { counted } from '../domain/counted.ts';
import { hostText } from './host-text.ts';
import { judgedText, nothingText } from './image-text.ts';
import { pageOf, type PageOptions } from './page.ts';

/** A CheckReport as text. Ends with a newline. */
export function renderCheck(report: CheckReport, options: PageOptions): string {
  const page = pageOf(options);
  const { plan } = report;
  const blocks = [
    hostText(page, report),
    ...plan.images.map((image) =>
      image.kind === 'nothing' ? nothingText(page, image) : judgedText(page, image),
    ),
    [`Checked ${counted(plan.images.length, 'image')}: ${tally(report)}.`],
  ];
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** `1 SAFE, 2 BREAKS, 1 unchanged`: what there is none of is left out. */
function tally({ plan }: CheckReport): string {
  const verdicts = rebasesOf(plan).map(({ findings, allowed }) => verdictOf(findings, allowed));
  const counts = VERDICTS.map((each) => [
    verdicts.filter((verdict) => verdict === each).length,
    each,
  ]);
  return [...counts, [plan.images.length - verdicts.length, 'unchanged']]
    .filter(([count]) => count !== 0)
    .map((words) => words.join(' '))
    .join(', ');
}
