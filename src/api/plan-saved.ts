import type { Plan } from '../domain/plan.ts';
import type { CloneMode, PlanReport } from '../domain/report.ts';
import { planOnHost } from '../plan/plan-on-host.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import type { OpenStore } from './open-store.ts';
import { reportPlan } from './report-plan.ts';

/**
 * Binds a saved plan to this store: its images become what was planned, with the same IDs, or there
 * is nothing to do. Reads only. Throws STORE_CHANGED where an input of the plan is another one here.
 */
export function planSaved(
  store: OpenStore,
  { plan, clone }: { readonly plan: Plan; readonly clone: CloneMode },
): Promise<PlanReport> {
  const snapshot = readSnapshot(store.layout);
  return reportPlan(store, snapshot, planOnHost(snapshot, plan), { clone });
}
