/**
 * Many images of one plan in one line each.
 */
import { verdictOf, type Finding } from '../domain/finding.ts';
import { rebasesOf, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { PlanReport } from '../domain/report.ts';
import { findingLines, paintVerdict } from './findings-text.ts';
import { baseText } from './image-text.ts';
import { counted } from '../domain/counted.ts';
import { firstOf, idText, nameList, wrap, type Page } from './page.ts';
import { table } from './table.ts';

/** Images that a shared finding names. */
const IMAGES_NAMED = 5;
/** Groups of images with the same findings that are shown. */
const GROUPS_SHOWN = 10;

/** A table for each pair of bases, then the findings that matter, then the tags. */
export function summaryText(page: Page, report: PlanReport): string[] {
  const rebases = rebasesOf(report.plan);
  return [
    ...groupsByBase(rebases).flatMap((group) => [...groupText(page, group), '']),
    ...findingsOfMany(page, rebases),
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

function groupText(page: Page, group: readonly PlannedRebase[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const bases = `${baseText(first.oldBase)} -> ${baseText(first.newBase)}`;
  const verdicts = group.map((image) => verdictOf(image.findings, image.allowed));
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

/** Each finding once, with the images that have it; notes only counted. */
function findingsOfMany(page: Page, rebases: readonly PlannedRebase[]): string[] {
  const all = rebases.flatMap(({ reference, findings, allowed }) =>
    findings.map((finding) => ({ reference, finding, waived: allowed.has(finding.check) })),
  );
  const serious = all.filter(({ finding }) => finding.severity !== 'note');
  const { shown, more } = firstOf(page, sameImages(serious), GROUPS_SHOWN);
  const lines = shown.flatMap(({ references, findings, waived }) => [
    ...wrap(page, nameList(page, references, IMAGES_NAMED), 2),
    ...findingLines(page, findings, waived),
  ]);
  if (more > 0) lines.push(`  and ${counted(more, 'more group')} of images`);
  const notes = all.length - serious.length;
  const hidden = notes === 0 ? 'each diff' : `each diff and ${counted(notes, 'note')}`;
  return [
    ...(lines.length === 0 ? [] : ['Findings', ...lines, '']),
    `In full, with ${hidden}: --no-trunc`,
  ];
}

/** A finding of one image, and whether it is waived there. */
interface Owned {
  readonly reference: string;
  readonly finding: Finding;
  readonly waived: boolean;
}

interface Shared {
  readonly references: readonly string[];
  readonly findings: readonly Finding[];
  /** Checks that are waived for these images. */
  readonly waived: ReadonlySet<string>;
}

/** Findings put together where the same images have them. */
function sameImages(all: readonly Owned[]): Shared[] {
  const owners = new Map<string, Omit<Owned, 'reference'> & { references: string[] }>();
  for (const { reference, finding, waived } of all) {
    const key = JSON.stringify([finding, waived]);
    const known = owners.get(key);
    if (known === undefined) owners.set(key, { finding, waived, references: [reference] });
    else known.references.push(reference);
  }
  const shared = new Map<
    string,
    { references: string[]; findings: Finding[]; waived: Set<string> }
  >();
  for (const { finding, references, waived } of owners.values()) {
    const key = references.join('\0');
    const known = shared.get(key) ?? { references, findings: [], waived: new Set() };
    known.findings.push(finding);
    if (waived) known.waived.add(finding.check);
    shared.set(key, known);
  }
  return [...shared.values()];
}

function tagCounts(page: Page, plan: Plan): string[] {
  const changes = rebasesOf(plan).flatMap(({ tags }) => tags);
  const fresh = changes.filter(({ before }) => before === undefined).length;
  const moving = `${counted(changes.length - fresh, 'tag')} ${changes.length - fresh === 1 ? 'moves' : 'move'} to the new images`;
  return wrap(page, `Tags: ${moving}${fresh === 0 ? '' : `, ${fresh} new`}`, 0);
}
