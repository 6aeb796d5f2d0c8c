import { rebasesOf, type PlannedRebase } from '../../domain/plan.ts';
import type { CheckedSharer } from '../../domain/overlay/report.ts';
import type { Progress } from '../../domain/progress.ts';
import type { BaseIdentity } from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import type { FoundImage } from '../../resolve/find-image.ts';
import { withContentFindings } from '../check-content.ts';
import { planOntoBase } from '../plan-onto-base.ts';
import type { OverlayHost } from './overlay-host.ts';

export interface CheckedSharers {
  readonly checked: readonly CheckedSharer[];
  /** Why an image could not be checked, one line each. */
  readonly warnings: readonly string[];
}

/**
 * What the content checks say of each named image on a base, as if it were rebased onto the new
 * one: for its files that is the same. Findings on settings and tags are left out, since neither
 * changes.
 */
export function checkSharers(
  host: OverlayHost,
  base: BaseIdentity,
  {
    onto,
    allow,
    progress,
  }: {
    readonly onto: FoundImage;
    readonly allow: ReadonlySet<string>;
    readonly progress: Progress;
  },
): CheckedSharers {
  const { store, snapshot, sharersOf } = host;
  const planned: PlannedRebase[] = [];
  const warnings: string[] = [];
  const attempt = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof RebaseError)) throw error;
      warnings.push(`${what} not checked: ${error.message}`);
    }
  };
  for (const { imageId, name, tags } of sharersOf(base.chainId).images) {
    const image = snapshot.images.get(imageId);
    if (image === undefined || tags.length === 0) continue;
    if ([base.imageId, onto.image.id].includes(imageId)) continue;
    const found = { image, name, tag: undefined };
    const from = base.chainId;
    attempt(`${name} was`, () => {
      const plan = planOntoBase(snapshot, { found, onto, from, config: 'keep', allow });
      if (plan.kind === 'rebase') planned.push(ofFiles(plan));
    });
  }
  let checked: readonly CheckedSharer[] = [];
  attempt(`the contents of images on ${base.name} were`, () => {
    const plan = withContentFindings(store.layout, { images: planned }, progress);
    checked = rebasesOf(plan).map(({ reference, findings }) => ({ image: reference, findings }));
  });
  return { checked, warnings };
}

/** Without what only concerns its new config and its tags. */
function ofFiles(planned: PlannedRebase): PlannedRebase {
  return { ...planned, findings: planned.findings.filter(({ check }) => check === 'platform') };
}
