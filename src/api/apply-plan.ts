import { discard, stage, type Engine } from '../apply/engine.ts';
import { throwAfter } from '../apply/half-way.ts';
import {
  beginTransaction,
  readAgain,
  readTransactions,
  type Transaction,
} from '../apply/journal.ts';
import { rebasesOf, type Plan } from '../domain/plan.ts';
import type { ImageResult, Outcome, PlanReport, TransactionImage } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import { freeSpace } from '../store/free-space.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { bindToStore } from './bind-to-store.ts';
import type { OpenStore } from './open-store.ts';
import type { PublishResult } from './publish-result.ts';
import { publishTransaction } from './publish-transaction.ts';
import { refusalOf } from './refusal.ts';
import { refuseImpossibleRestart, type RestartOptions } from './restart-daemon.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from './session.ts';

export interface ApplyOptions extends SessionOptions, RestartOptions {
  /** The command line, for the history. */
  readonly command: string;
  /** Stage and stop there; `resume` publishes. */
  readonly stageOnly: boolean;
}

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
  const images = resultsOf(report.plan);
  if (rebasesOf(report.plan).length === 0) {
    return {
      kind: 'rebased',
      changed: false,
      transaction: undefined,
      images,
      pending: undefined,
      notes: [],
    };
  }
  return withSession(store, options, async (engine) => {
    refuseOpenTransaction(readTransactions(store.layout));
    if (!options.stageOnly) await refuseImpossibleRestart(store, options);
    // Bound anew: whatever was done since the plan was shown, its names are free now.
    const bound = bindToStore(store.layout, report.plan, readSnapshot(store.layout));
    refuseNoSpace(report, engine);
    const begun = beginTransaction(engine.disk, store.layout, {
      startedAt: new Date().toISOString(),
      command: options.command,
      clone: report.clone,
      images: transactionImages(report.plan),
      bound,
    });
    const transaction = await stage(engine, begun);
    const { number } = transaction;
    if (options.stageOnly) {
      return {
        kind: 'rebased',
        changed: true,
        transaction: number,
        images,
        pending: 'publish',
        notes: [],
      };
    }
    const { pending, notes } = await publishOrDiscard(store, engine, { transaction, options });
    return { kind: 'rebased', changed: true, transaction: number, images, pending, notes };
  });
}

/** A publish that fails before its first rename leaves nothing: what was staged is removed. */
async function publishOrDiscard(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  try {
    return await publishTransaction(store, engine, { transaction, options });
  } catch (error) {
    const now = readAgain(transaction);
    if (now.state !== 'staged') throw error;
    return throwAfter(error, now, () => discard(engine, now));
  }
}

function refuseNoSpace({ cost, clone, bound }: PlanReport, { layout }: Engine): void {
  const { bytes, inodes } = cost[clone];
  const free = freeSpace(layout.overlay);
  const lacks =
    bytes > free.bytes ? `${bytes} bytes` : inodes > free.inodes ? `${inodes} inodes` : '';
  if (lacks === '' || bound.layers.length === 0) return;
  throw new RebaseError('NO_SPACE', `${layout.overlay} has no room for ${lacks}`, {
    hint: 'docker system df shows what could go; --clone link takes least',
  });
}

function resultsOf({ images }: Plan): ImageResult[] {
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
      : {
          reference: image.reference,
          outcome: 'rebased',
          before: image.before.imageId,
          after: image.after.imageId,
          tags: image.tags
            .filter(({ after }) => after === image.after.imageId)
            .map(({ key }) => key),
          reason: undefined,
        },
  );
}

function transactionImages(plan: Plan): TransactionImage[] {
  return rebasesOf(plan).map(({ reference, before, after, newBase, tags }) => ({
    tag: tags.find((tag) => tag.after === after.imageId)?.key ?? reference,
    before: before.imageId,
    after: after.imageId,
    newBase: newBase.name,
  }));
}
