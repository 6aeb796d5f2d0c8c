import { unwatched } from '../domain/progress.ts';
import type { CloneMode, PlanReport } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { imagesBuiltOn } from '../resolve/images-built-on.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import type { OpenStore } from './open-store.ts';
import { planTargets } from './plan-targets.ts';
import type { RebaseTarget } from './rebase-target.ts';
import { reportPlan } from './report-plan.ts';
import { findNewBase, requestedImages, type BaseRequest } from './requested-images.ts';

export interface RebaseRequest extends BaseRequest {
  /** Every tagged image built on `from`, with all its tags; `images` is empty then. */
  readonly all?: boolean | undefined;
  readonly tag?: string | undefined;
  /** Template for the old image's new tag; undefined keeps none. */
  readonly keepOld?: string | undefined;
  readonly clone: CloneMode;
  readonly allow: ReadonlySet<string>;
  /** Leave out what cannot be planned or is refused, and say so. */
  readonly keepGoing?: boolean | undefined;
}

/**
 * Plans a rebase and binds it to the store: everything that a dry run shows and an apply does.
 * Reads only. Throws what is wrong with the request or the store; findings that refuse are in the
 * report and not thrown.
 */
export async function planRebase(store: OpenStore, request: RebaseRequest): Promise<PlanReport> {
  const { keepOld, keepGoing = false, clone, progress = unwatched } = request;
  progress('read the store');
  const snapshot = readSnapshot(store.layout);
  const targets = targetsOf(snapshot, request);
  const { plan, failures, examination } = planTargets(store.layout, snapshot, targets, {
    keepOld,
    keepGoing,
    progress,
  });
  return reportPlan(store, snapshot, plan, { clone, failures, examination, progress });
}

function targetsOf(snapshot: Snapshot, request: RebaseRequest): RebaseTarget[] {
  const { from, tag, config = 'merge', allow, all = false } = request;
  refuseOneTagForSeveral(request);
  const { onto, images } = all ? familyOn(snapshot, request) : requestedImages(snapshot, request);
  const tags = all ? 'all' : tag === undefined ? 'own' : { tag };
  return images.map((found) => ({ found, onto, from, config, tags, allow, place: undefined }));
}

function familyOn(
  snapshot: Snapshot,
  { images, onto: base, from }: RebaseRequest,
): ReturnType<typeof requestedImages> {
  if (images.length > 0) {
    throw new RebaseError('USAGE', `--all and ${images[0] ?? ''} contradict each other`, {
      hint: 'name images, or --all --from OLD-BASE',
    });
  }
  if (from === undefined) {
    throw new RebaseError('USAGE', '--all needs --from: on which base do the images stand?', {
      hint: 'rebase-image --all --from alpine:3.7 --onto alpine:3.12',
    });
  }
  const onto = findNewBase(snapshot, base);
  return { onto, images: imagesBuiltOn(snapshot, from, onto) };
}

function refuseOneTagForSeveral({ images, tag, all }: RebaseRequest): void {
  if ((images.length < 2 && all !== true) || tag === undefined) return;
  throw new RebaseError('USAGE', '--tag names one result, and there are several images', {
    hint: 'rebase them one by one, or leave out --tag',
  });
}
