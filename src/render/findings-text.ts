import {
  refuses,
  verdictOf,
  type Finding,
  type Severity,
  type Verdict,
} from '../domain/finding.ts';
import { below, firstOf, idText, labelled, type Page } from './page.ts';
import { oneLine } from './printable.ts';

/** Findings of one check that are shown, unless all are asked for. */
const SHOWN_PER_CHECK = 6;
/** Layers that a finding names. */
const LAYERS_NAMED = 3;

const GRAVEST_FIRST: readonly Severity[] = ['breaks', 'review', 'note'];

/** The verdict and, below it, the findings with why they matter and what to do about them. */
export function findingsText(
  page: Page,
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
): string[] {
  const verdict = verdictOf(findings, allowed);
  const [first = '', ...rest] = labelled(page, 'VERDICT', verdict);
  const head = first.replace(verdict, paintVerdict(page, verdict));
  return [head, ...rest, ...findingLines(page, findings, allowed)];
}

/** The findings, the gravest first, those of one check together. */
export function findingLines(
  page: Page,
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
): string[] {
  return GRAVEST_FIRST.flatMap((severity) => {
    const grave = findings.filter((finding) => finding.severity === severity);
    const checks = new Set(grave.map(({ check }) => check));
    return [...checks].flatMap((name) =>
      groupLines(
        page,
        grave.filter(({ check }) => check === name),
        allowed,
      ),
    );
  });
}

/** Findings of one check; what several in a row have in common is said once, after them. */
function groupLines(page: Page, group: readonly Finding[], allowed: ReadonlySet<string>): string[] {
  const { shown, more } = firstOf(page, group, SHOWN_PER_CHECK);
  const lines = shown.flatMap((finding, at) => {
    const next = shown[at + 1];
    return [
      ...below(
        page,
        `${headOf(finding, allowed)}: ${oneLine(finding.message)}${layersOf(page, finding)}`,
      ),
      ...asideLines(page, 'why', finding.why === next?.why ? undefined : finding.why),
      ...asideLines(page, 'hint', finding.hint === next?.hint ? undefined : finding.hint),
    ];
  });
  const [first] = group;
  if (first === undefined) return [];
  const rest =
    more === 0 ? [] : below(page, `and ${more} more of ${first.check}: --no-trunc shows all`);
  return [...lines, ...rest, ...waiverLines(page, group, allowed)];
}

function waiverLines(
  page: Page,
  group: readonly Finding[],
  allowed: ReadonlySet<string>,
): string[] {
  const refusing = group.find((finding) => refuses(finding, allowed));
  const told = group.some(({ hint }) => hint?.includes('--allow') === true);
  if (refusing === undefined || told) return [];
  return asideLines(page, 'hint', `--allow ${refusing.check} waives this check`);
}

function asideLines(page: Page, label: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  return below(page, `${label}: ${oneLine(text)}`).map(page.paint.dim);
}

function layersOf(page: Page, { layers }: Finding): string {
  if (layers.length === 0) return '';
  const { shown, more } = firstOf(page, layers, LAYERS_NAMED);
  const ids = shown.map((diffId) => idText(page, diffId)).join(', ');
  return ` (layer${layers.length === 1 ? '' : 's'} ${ids}${more > 0 ? ` and ${more} more` : ''})`;
}

/** SAFE in green, REVIEW in yellow, BREAKS in red. */
export function paintVerdict({ paint }: Page, verdict: Verdict): string {
  switch (verdict) {
    case 'SAFE':
      return paint.green(verdict);
    case 'REVIEW':
      return paint.yellow(verdict);
    case 'BREAKS':
      return paint.bold(paint.red(verdict));
  }
}

function headOf(finding: Finding, allowed: ReadonlySet<string>): string {
  const waived = finding.severity === 'breaks' && allowed.has(finding.check);
  if (waived) return `${finding.check} (breaks, allowed)`;
  return finding.severity === 'note' ? 'note' : `${finding.check} (${finding.severity})`;
}
