import { unwatched } from '../domain/progress.ts';
import type { CheckReport } from '../domain/report.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { withContentFindings } from './check-content.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { planOntoBase } from './plan-onto-base.ts';
import { requestedImages, type BaseRequest } from './requested-images.ts';

export interface CheckRequest extends BaseRequest {
  readonly allow: ReadonlySet<string>;
}

/**
 * What a rebase would mean for these images: findings, verdict and settings, without tags and
 * without looking where in the store the result would go. Reads only.
 * Throws what is wrong with the request or the store; findings that refuse are in the report.
 */
export function checkRebase(store: OpenStore, request: CheckRequest): CheckReport {
  const { layout } = store;
  const { from, config = 'merge', allow, progress = unwatched } = request;
  progress('read the store');
  const snapshot = readSnapshot(layout);
  const { onto, images } = requestedImages(snapshot, request);
  const plan = {
    images: images.map((found) => planOntoBase(snapshot, { found, onto, from, config, allow })),
  };
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    plan: withContentFindings(layout, plan, progress),
  };
}
