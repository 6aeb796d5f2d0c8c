import { refuses, verdictOf, type Finding, type Verdict } from '../domain/finding.ts';
import { below, labelled, type Page } from './page.ts';
import { oneLine } from './printable.ts';

/** The verdict and, below it, every finding with what to do about it. */
export function findingsText(
  page: Page,
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
): string[] {
  const verdict = verdictOf(findings, allowed);
  const [first = '', ...rest] = labelled(page, 'VERDICT', verdict);
  const head = first.replace(verdict, paintVerdict(page, verdict));
  return [head, ...rest, ...findings.flatMap((finding) => findingLines(page, finding, allowed))];
}

/** One finding: severity and check, then the message and the hint. */
export function findingLines(page: Page, finding: Finding, allowed: ReadonlySet<string>): string[] {
  const told = finding.hint?.includes('--allow') === true;
  const waiver =
    refuses(finding, allowed) && !told ? `--allow ${finding.check} waives this check` : '';
  const hints = [finding.hint ?? '', waiver].filter((hint) => hint !== '');
  return [
    ...below(page, `${headOf(finding, allowed)}: ${oneLine(finding.message)}`),
    ...hints.flatMap((hint) => below(page, `hint: ${oneLine(hint)}`)).map(page.paint.dim),
  ];
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
