import { refuses, type Finding } from '../domain/finding.ts';
import { rebasesOf, type Plan } from '../domain/plan.ts';
import { RebaseError } from '../errors.ts';

/** The CHECK_REFUSED error of a plan with a finding that refuses and is not waived, if it has one. */
export function refusalOf({ plan }: { readonly plan: Plan }): RebaseError | undefined {
  const refusing = rebasesOf(plan).flatMap(({ reference, findings, allowed }) =>
    findings
      .filter((finding) => refuses(finding, allowed))
      .map(({ check, message }) => ({ check, message: `${reference}: ${message}` })),
  );
  return refusedBy(refusing);
}

/** The CHECK_REFUSED error of what refuses, its messages with their image; undefined for nothing. */
export function refusedBy(
  refusing: readonly Pick<Finding, 'check' | 'message'>[],
): RebaseError | undefined {
  const [first] = refusing;
  if (first === undefined) return undefined;
  const checks = [...new Set(refusing.map(({ check }) => check))].join(',');
  const more = refusing.length > 1 ? ` (and ${refusing.length - 1} more)` : '';
  return new RebaseError('CHECK_REFUSED', `refused by ${checks}: ${first.message}${more}`, {
    hint: `to go on all the same: --allow ${checks}`,
  });
}
