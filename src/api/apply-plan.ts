import type { Engine } from '../apply/engine.ts';
import { readTransactions } from '../apply/journal.ts';
import { rebasesOf, type Plan } from '../domain/plan.ts';
import type { Outcome, PlanReport, TransactionImage } from '../domain/report.ts';
import { imageResults } from '../plan/image-results.ts';
import { freeSpace } from '../store/free-space.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { applyBound, type BoundOptions } from './apply-bound.ts';
import { bindToStore } from './bind-to-store.ts';
import { noRoom } from './no-room.ts';
import type { OpenStore } from './open-store.ts';
import { refusalOf } from './refusal.ts';
import { refuseImpossibleRestart } from './restart-daemon.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from './session.ts';

export type ApplyOptions = SessionOptions & BoundOptions;

/**
 * Applies a plan: stages it, publishes it, verifies it. On failure the store is as before, or the
 * error is HALF_WAY and says how to go on. Throws CHECK_REFUSED for findings that are not allowed,
 * TRANSACTION_OPEN, LOCKED, NO_SPACE, STORE_CHANGED, APPLY_FAILED, VERIFY_FAILED.
 */
export async function applyPlan(
  store: OpenStore,
  report: PlanReport,
  options: ApplyOptions,
): Promise<Outcome> {
  const refusal = refusalOf(report);
  if (refusal !== undefined) throw refusal;
  if (rebasesOf(report.plan).length === 0) {
    return {
      kind: 'unchanged',
      changed: false,
      transaction: undefined,
      images: imageResults(report.plan, report.bound, report.layerBytes),
      switches: [],
      pending: undefined,
      notes: [],
    };
  }
  return withSession(store, options, async (engine) => {
    refuseOpenTransaction(readTransactions(store.layout));
    if (!options.stageOnly) await refuseImpossibleRestart(store, options);
    const applied = await applyBound(
      store,
      engine,
      () => {
        // Bound anew: whatever was done since the plan was shown, its names are free now.
        const bound = bindToStore(store.layout, report.plan, readSnapshot(store.layout));
        refuseNoSpace(report, engine);
        return { bound, clone: report.clone, images: transactionImages(report.plan) };
      },
      options,
    );
    const { number, bound } = applied.transaction;
    return {
      ...applied,
      kind: 'rebased',
      changed: true,
      transaction: number,
      images: imageResults(report.plan, bound, report.layerBytes),
      switches: [],
    };
  });
}

function refuseNoSpace({ cost, clone, bound }: PlanReport, { layout }: Engine): void {
  if (bound.layers.length === 0) return;
  const refusal = noRoom(layout.overlay, cost[clone], freeSpace(layout.overlay));
  if (refusal !== undefined) throw refusal;
}

function transactionImages(plan: Plan): TransactionImage[] {
  return rebasesOf(plan).map(({ reference, before, after, newBase, tags }) => ({
    tag: tags.find((tag) => tag.after === after.imageId)?.key ?? reference,
    before: before.imageId,
    after: after.imageId,
    newBase: newBase.name,
  }));
}
