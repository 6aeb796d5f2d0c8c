/**
 * Many images of one plan in one line each.
 */
import { verdictOf } from '../domain/finding.ts';
import { rebasesOf, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { PlanReport } from '../domain/report.ts';
import { findingLines, paintVerdict } from './findings-text.ts';
import { baseText } from './image-text.ts';
import { counted } from '../domain/counted.ts';
import { idText, wrap, type Page } from './page.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** A table for each pair of bases, then the findings that matter, then the tags. */
export function summaryText(page: Page, report: PlanReport): string[] {
  const rebases = rebasesOf(report.plan);
  return [
    ...groupsByBase(rebases).flatMap((group) => [...groupText(page, group, report), '']),
    ...findingsOfMany(page, rebases, report.allowed),
    ...tagCounts(page, report.plan),
  ];
}

function groupsByBase(rebases: readonly PlannedRebase[]): PlannedRebase[][] {
  const groups = new Map<string, PlannedRebase[]>();
  for (const image of rebases) {
    const key = `${baseText(image.oldBase)} -> ${baseText(image.newBase)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [image]);
    else group.push(image);
  }
  return [...groups.values()];
}

function groupText(page: Page, group: readonly PlannedRebase[], report: PlanReport): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const bases = `${baseText(first.oldBase)} -> ${baseText(first.newBase)}`;
  const verdicts = group.map((image) => verdictOf(image.findings, report.allowed));
  const rows = group.map((image, index) => [
    image.reference,
    idText(page, image.before.imageId),
    idText(page, image.after.imageId),
    verdicts[index] ?? '',
  ]);
  const [heads = '', ...lines] = table(
    page,
    [{ head: 'IMAGE', cut: 'middle' }, { head: 'OLD ID' }, { head: 'NEW ID' }, { head: 'VERDICT' }],
    { rows, indent: 2 },
  );
  return [
    ...wrap(page, `BASE ${bases}: ${counted(group.length, 'image')}`, 0).map(page.paint.bold),
    heads,
    ...lines.map((line, index) => {
      const verdict = verdicts[index];
      if (verdict === undefined) return line;
      return line.slice(0, -verdict.length) + paintVerdict(page, verdict);
    }),
  ];
}

/** Findings in full, notes only counted. */
function findingsOfMany(
  page: Page,
  rebases: readonly PlannedRebase[],
  allowed: ReadonlySet<string>,
): string[] {
  const lines = rebases.flatMap((image) => {
    const serious = image.findings.filter(({ severity }) => severity !== 'note');
    if (serious.length === 0) return [];
    return [
      ...wrap(page, printable(image.reference), 2),
      ...serious.flatMap((finding) => findingLines(page, finding, allowed)),
    ];
  });
  const notes = rebases.flatMap(({ findings }) =>
    findings.filter((one) => one.severity === 'note'),
  );
  const hidden =
    notes.length === 0 ? 'each diff' : `each diff and ${counted(notes.length, 'note')}`;
  return [
    ...(lines.length === 0 ? [] : ['Findings', ...lines, '']),
    `In full, with ${hidden}: --no-trunc`,
  ];
}

function tagCounts(page: Page, plan: Plan): string[] {
  const changes = rebasesOf(plan).flatMap(({ tags }) => tags);
  const fresh = changes.filter(({ before }) => before === undefined).length;
  const moving = `${counted(changes.length - fresh, 'tag')} ${changes.length - fresh === 1 ? 'moves' : 'move'} to the new images`;
  return wrap(page, `Tags: ${moving}${fresh === 0 ? '' : `, ${fresh} new`}`, 0);
}
