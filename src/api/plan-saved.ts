import type { Plan } from '../domain/plan.ts';
import { unwatched, type Progress } from '../domain/progress.ts';
import type { CloneMode, PlanReport } from '../domain/report.ts';
import { planOnHost } from '../plan/plan-on-host.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import type { OpenStore } from './open-store.ts';
import { reportPlan } from './report-plan.ts';

export interface SavedRequest {
  readonly plan: Plan;
  readonly clone: CloneMode;
  readonly progress?: Progress;
}

/**
 * Binds a saved plan to this store: its images become what was planned, with the same IDs, or there
 * is nothing to do. Reads only. Throws STORE_CHANGED where an input of the plan is another one here.
 */
export function planSaved(
  store: OpenStore,
  { plan, clone, progress = unwatched }: SavedRequest,
): Promise<PlanReport> {
  progress('read the store');
  const snapshot = readSnapshot(store.layout);
  return reportPlan(store, snapshot, planOnHost(snapshot, plan), { clone, progress });
}
