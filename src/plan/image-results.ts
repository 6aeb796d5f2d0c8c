import type { BoundPlan } from '../domain/bound-plan.ts';
import type { ChainID } from '../domain/digest.ts';
import { verdictOf } from '../domain/finding.ts';
import type { Plan, PlannedRebase } from '../domain/plan.ts';
import type { ImageResult } from '../domain/report.ts';

/**
 * What becomes of each image of a plan that is carried out as it is bound. A layer that several
 * images share counts as cloned for the first of them and as reused for the others, so that sums
 * are right. `bytes` are those of the files of each layer that is cloned.
 */
export function imageResults(
  { images }: Plan,
  bound: BoundPlan,
  bytes: ReadonlyMap<ChainID, number>,
): ImageResult[] {
  const toClone = new Set(bound.layers.map(({ chainId }) => chainId));
  return images.map((image) =>
    image.kind === 'nothing'
      ? {
          reference: image.reference,
          outcome: 'unchanged',
          before: image.imageId,
          after: image.imageId,
          tags: [],
          reason: image.reason,
        }
      : rebased(image, toClone, bytes),
  );
}

function rebased(
  { reference, before, after, newBase, tags, findings, allowed }: PlannedRebase,
  toClone: Set<ChainID>,
  bytes: ReadonlyMap<ChainID, number>,
): ImageResult {
  const own = after.chainIds.slice(newBase.layers);
  const cloned = own.filter((chainId) => toClone.delete(chainId));
  return {
    reference,
    outcome: 'rebased',
    before: before.imageId,
    after: after.imageId,
    tags: tags.filter((change) => change.after === after.imageId).map(({ key }) => key),
    reason: undefined,
    applied: {
      cloned: cloned.length,
      reused: own.length - cloned.length,
      bytes: cloned.reduce((sum, chainId) => sum + (bytes.get(chainId) ?? 0), 0),
      verdict: verdictOf(findings, allowed),
    },
  };
}
