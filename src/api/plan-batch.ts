import type { Manifest } from '../domain/manifest/manifest.ts';
import { unwatched, type Progress } from '../domain/progress.ts';
import type { CloneMode, PlanReport } from '../domain/report.ts';
import type { ConfigMode } from '../domain/settings.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { manifestTargets } from './manifest-targets.ts';
import type { OpenStore } from './open-store.ts';
import { planTargets } from './plan-targets.ts';
import { reportPlan } from './report-plan.ts';

export interface BatchRequest {
  readonly manifest: Manifest;
  /** Template for the old images' new tags; undefined keeps none. */
  readonly keepOld?: string | undefined;
  /** For the entries that do not say. */
  readonly config: ConfigMode;
  readonly clone: CloneMode;
  /** Waived for every image, besides what its entry waives. */
  readonly allow: ReadonlySet<string>;
  /** Do what can be done, and report the rest; else one image that cannot be planned stops all. */
  readonly keepGoing: boolean;
  readonly progress?: Progress;
}

/**
 * Plans a manifest as one transaction. Reads only. Throws BAD_MANIFEST and, with the place in the
 * manifest, what planning an image can throw.
 */
export async function planBatch(store: OpenStore, request: BatchRequest): Promise<PlanReport> {
  const { manifest, keepOld, config, clone, allow, keepGoing, progress = unwatched } = request;
  progress('read the store');
  const snapshot = readSnapshot(store.layout);
  const meant = manifestTargets(snapshot, manifest, { config, keepGoing });
  const targets = meant.targets.map((target) => ({
    ...target,
    allow: new Set([...allow, ...target.allow]),
  }));
  const planned = planTargets(store.layout, snapshot, targets, { keepOld, keepGoing, progress });
  return reportPlan(store, snapshot, planned.plan, {
    clone,
    failures: [...meant.failures, ...planned.failures],
    warnings: meant.warnings,
    examination: planned.examination,
    progress,
  });
}
