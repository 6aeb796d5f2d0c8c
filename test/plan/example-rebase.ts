/** Plans as the program makes them, and what a store looks like once they are applied. */
import { parseImageConfig } from '../../src/domain/image-config.ts';
import type { ImagePlan, PlannedRebase } from '../../src/domain/plan.ts';
import type { ConfigMode } from '../../src/domain/settings.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { planImage } from '../../src/plan/plan-image.ts';
import { planTags } from '../../src/plan/plan-tags.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import { resolveOldBase } from '../../src/resolve/old-base.ts';
import { retagged } from '../resolve/example-snapshot.ts';

export interface ExampleRequest {
  readonly image: string;
  readonly onto: string;
  readonly from?: string | undefined;
  readonly tag?: string | undefined;
  readonly keepOld?: string | undefined;
  readonly config?: ConfigMode;
}

export function planned(snapshot: Snapshot, request: ExampleRequest): ImagePlan {
  const found = findImage(snapshot, request.image);
  const onto = findImage(snapshot, request.onto);
  const resolution = resolveOldBase(snapshot, { image: found, onto, from: request.from });
  const { image, name: reference } = found;
  if (resolution.kind === 'nothing') {
    return { kind: 'nothing', reference, imageId: image.id, reason: resolution.reason };
  }
  const newBase = { image: onto.image, name: onto.name };
  const plan = planImage(snapshot, {
    image,
    reference,
    oldBase: resolution.base,
    newBase,
    config: request.config ?? 'merge',
    allow: new Set(),
  });
  if (plan.kind === 'nothing') return plan;
  const tags = planTags(snapshot, {
    reference,
    found: found.tag,
    oldImage: image.id,
    newImage: plan.after.imageId,
    wish: request.tag === undefined ? 'own' : { tag: request.tag },
    keepOld: request.keepOld,
  });
  return { ...plan, tags };
}

/** The plan of a rebase that does change something. */
export function rebased(snapshot: Snapshot, request: ExampleRequest): PlannedRebase {
  const plan = planned(snapshot, request);
  if (plan.kind === 'rebase') return plan;
  throw new Error(`nothing to do: ${plan.reason}`);
}

/** The store after the plan: the result is there under its tag, the old image stays. */
export function applied(snapshot: Snapshot, { after, tags }: PlannedRebase): Snapshot {
  const { imageId: id, configText: text, diffIds } = after;
  const withResult = {
    ...snapshot,
    images: new Map(snapshot.images).set(id, { id, text, diffIds, parent: undefined }),
  };
  return retagged(withResult, Object.fromEntries(tags.map((tag) => [tag.key, tag.after])));
}

/** A config's history as the examples write it. */
export function historyLines(configText: string): string[] {
  return parseImageConfig(configText).history.map(
    ({ createdBy, comment, emptyLayer }) =>
      (createdBy || (comment.startsWith('rebase-image:') ? '?' : comment)) +
      (emptyLayer ? ' (e)' : ''),
  );
}
