/**
 * The dry run: everything an operator needs to decide whether to say yes.
 */
import { verdictOf } from '../domain/finding.ts';
import { rebasesOf } from '../domain/plan.ts';
import type { PlanReport } from '../domain/report.ts';
import { failureLines } from './failures-text.ts';
import { hostText } from './host-text.ts';
import { imageText, nothingText } from './image-text.ts';
import { containersText, costText } from './impact-text.ts';
import { nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine } from './printable.ts';
import { storeText } from './store-text.ts';
import { restartText } from './restart-text.ts';
import { summaryText } from './summary-text.ts';

/** So many images are shown in full; more of them in one line each. */
const IN_FULL = 3;
const REFUSED_NAMES = 5;

/** A plan as text, no line wider than the page unless `noTrunc`. Ends with a newline. */
export function renderPlan(report: PlanReport, options: PageOptions): string {
  const page = pageOf(options);
  const rebases = rebasesOf(report.plan);
  const unchanged = report.plan.images.filter((image) => image.kind === 'nothing');
  const inFull = page.noTrunc || rebases.length <= IN_FULL;
  const blocks = [
    hostText(page, report),
    report.warnings.flatMap((warning) => wrap(page, `Warning: ${oneLine(warning)}`, 0)),
    ...(inFull
      ? rebases.map((image) => imageText(page, image, report))
      : [summaryText(page, report)]),
    unchanged.flatMap((image) => nothingText(page, image)),
    ...(rebases.length === 0 ? [] : [consequences(page, report, inFull)]),
    failureLines(page, report.failures),
    footer(page, report),
  ];
  const text = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function consequences(page: Page, report: PlanReport, inFull: boolean): string[] {
  return [
    ...storeText(page, report.bound, inFull),
    ...costText(page, report),
    ...containersText(page, report),
    ...restartText(page, report.restart),
  ];
}

function footer(page: Page, { plan, failures }: PlanReport): string[] {
  const rebases = rebasesOf(plan);
  const refused = rebases.filter(
    ({ findings, allowed }) => verdictOf(findings, allowed) === 'BREAKS',
  );
  const unchanged = plan.images.length - rebases.length;
  const left = failures.length === 0 ? '' : `, ${failures.length} left out`;
  const names = nameList(
    page,
    refused.map(({ reference }) => reference),
    REFUSED_NAMES,
  );
  return [
    `Plan: ${rebases.length} to rebase, ${unchanged} unchanged${left}.`,
    ...(refused.length === 0 ? [] : wrap(page, `Refused, verdict BREAKS: ${names}`, 0)).map(
      page.paint.red,
    ),
  ];
}
