/**
 * What a check has to say about a rebase, and what follows from it.
 */
import type { DiffID } from './digest.ts';

/** Checks that can be waived with --allow. */
export const CHECKS = [
  'platform',
  'depth',
  'retag',
  'distro',
  'libc',
  'shadowed',
  'replaced-dir',
  'missing',
  'redirect',
  'autoremove',
  'running',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** Who speaks where no check does: these inform and never refuse. */
export const REMARKS = [
  'history',
  'old-image',
  'old-base',
  'config',
  'index',
  'modified-base',
] as const;
export type Remark = (typeof REMARKS)[number];

/** `breaks` refuses unless its check is allowed, `review` is shown, `note` informs. */
export const SEVERITIES = ['breaks', 'review', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  readonly check: CheckName | Remark;
  readonly severity: Severity;
  /** One line that names the thing. */
  readonly message: string;
  /** Why it matters, in one line. */
  readonly why: string | undefined;
  readonly hint: string | undefined;
  /** The path in the image that it is about: absolute, a byte string (`byte-string.ts`). */
  readonly path: string | undefined;
  /** The layers involved. */
  readonly layers: readonly DiffID[];
}

/** A finding; what is not given is not known. */
export function finding(
  check: Finding['check'],
  severity: Severity,
  message: string,
  details: Partial<Pick<Finding, 'why' | 'hint' | 'path' | 'layers'>> = {},
): Finding {
  const { why, hint, path, layers = [] } = details;
  return { check, severity, message, why, hint, path, layers };
}

/** SAFE: nothing found. REVIEW: shown, does not refuse. BREAKS: refuses unless allowed. */
export const VERDICTS = ['SAFE', 'REVIEW', 'BREAKS'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The verdict over a list of findings; a waived finding counts as REVIEW. */
export function verdictOf(findings: readonly Finding[], allowed: ReadonlySet<string>): Verdict {
  if (findings.some((each) => refuses(each, allowed))) return 'BREAKS';
  return findings.some(({ severity }) => severity !== 'note') ? 'REVIEW' : 'SAFE';
}

/** The verdict over several images. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('BREAKS')) return 'BREAKS';
  return verdicts.includes('REVIEW') ? 'REVIEW' : 'SAFE';
}

/** Whether a finding stops the rebase. */
export function refuses({ severity, check }: Finding, allowed: ReadonlySet<string>): boolean {
  return severity === 'breaks' && !allowed.has(check);
}
