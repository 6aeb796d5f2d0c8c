import { discard, stage, type Engine } from '../apply/engine.ts';
import { throwAfter } from '../apply/half-way.ts';
import {
  beginTransaction,
  readAgain,
  type BeginRecord,
  type Transaction,
} from '../apply/journal.ts';
import type { DiffBuilds } from '../apply/overlay/diff-build.ts';
import type { Outcome } from '../domain/report.ts';
import type { OpenStore } from './open-store.ts';
import { publishTransaction } from './publish-transaction.ts';
import type { RestartOptions } from './restart-daemon.ts';
import { newStopwatch } from './stopwatch.ts';

export interface BoundOptions extends RestartOptions {
  /** The command line, for the history. */
  readonly command: string;
  /** Stage and stop there; `resume` publishes. */
  readonly stageOnly: boolean;
}

/** A bound plan, and what is needed to write it. */
export interface BoundRequest extends Pick<BeginRecord, 'bound' | 'clone' | 'images'> {
  readonly builds?: DiffBuilds;
}

export interface AppliedBound extends Pick<Outcome, 'pending' | 'notes' | 'durations'> {
  readonly transaction: Transaction;
}

/**
 * Begins a transaction, stages it and publishes it. `bind` makes the plan, right before anything is
 * written. On failure the store is as before, or the error is HALF_WAY and says how to go on.
 * Throws what `bind` throws, NO_SPACE, STORE_CHANGED, APPLY_FAILED, VERIFY_FAILED, IN_USE.
 */
export async function applyBound(
  store: OpenStore,
  engine: Engine,
  bind: () => BoundRequest,
  options: BoundOptions,
): Promise<AppliedBound> {
  const watch = newStopwatch();
  const transaction = await watch.measure('stage', () => {
    const { builds, ...planned } = bind();
    const startedAt = new Date().toISOString();
    const { command } = options;
    const begun = beginTransaction(engine.disk, store.layout, { startedAt, command, ...planned });
    return stage(engine, begun, builds);
  });
  const staged = watch.durations();
  if (options.stageOnly) return { transaction, pending: 'publish', notes: [], durations: staged };
  const published = await publishOrDiscard(store, engine, { transaction, options });
  return { ...published, durations: { ...staged, ...published.durations } };
}

/** A publish that fails before its first rename leaves nothing: what was staged is removed. */
async function publishOrDiscard(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): ReturnType<typeof publishTransaction> {
  try {
    return await publishTransaction(store, engine, { transaction, options });
  } catch (error) {
    const now = readAgain(transaction);
    if (now.state !== 'staged') throw error;
    return throwAfter(error, now, () => discard(engine, now));
  }
}
