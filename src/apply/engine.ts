/**
 * Runs a transaction: stage, publish, and the way back from either. Knows no kind of plan, no
 * dockerd and no terminal.
 */
import path from 'node:path';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { shortId } from '../domain/digest.ts';
import { RebaseError } from '../errors.ts';
import { bootTime } from '../store/boot-clock.ts';
import type { Layout } from '../store/layout.ts';
import { readText } from '../store/read-file.ts';
import { readLayer } from '../store/read-layer.ts';
import type { Disk } from './disk.ts';
import { record, type Transaction } from './journal.ts';
import { missingMarks } from './steps/mark-committed.ts';
import { asRebaseError } from './system-error.ts';
import { proveMounts } from './prove-mounts.ts';
import type { Step, StepContext } from './step.ts';
import { PUBLISH_STEPS, STAGE_STEPS } from './steps.ts';

export interface Engine {
  readonly disk: Disk;
  readonly layout: Layout;
  /** Told before each step. */
  readonly progress: (what: string) => void;
  /**
   * Ends a stage, also in the middle of a copy: what was written is taken back and the signal's
   * reason thrown. A publish and an undo go on to their end.
   */
  readonly signal: AbortSignal | undefined;
}

/**
 * Stages: writes everything that the plan adds where dockerd does not look, makes it durable and
 * proves that it mounts. On any failure what was written is taken back and the error passed on.
 */
export async function stage(engine: Engine, transaction: Transaction): Promise<Transaction> {
  const { disk, layout, signal } = engine;
  let now = transaction;
  try {
    const committed = missingMarks(layout, transaction.begin.bound);
    now = record(disk, now, { kind: 'marking', committed });
    const context = { ...contextOf(engine, now), signal };
    for (const step of STAGE_STEPS) {
      signal?.throwIfAborted();
      await runStep(engine, step, context);
    }
    refuseLostSources(layout, context.bound);
    engine.progress('make it durable');
    await syncStore(engine);
    signal?.throwIfAborted();
    engine.progress('prove that the new layers mount');
    await proveMounts({ disk, layout, folder: path.dirname(now.file) }, context.bound.tops);
    signal?.throwIfAborted();
    return record(disk, now, { kind: 'staged' });
  } catch (error) {
    await discardAfter(error, engine, now);
    throw asRebaseError(error);
  }
}

/** Takes back what a stage wrote, whole or in part. */
export async function discard(engine: Engine, transaction: Transaction): Promise<Transaction> {
  await undoSteps(STAGE_STEPS, contextOf(engine, transaction));
  return record(engine.disk, transaction, { kind: 'discarded' });
}

/**
 * Publishes what was staged. From its first rename on the transaction only goes forward: publishing
 * again goes on where an earlier run ended. Throws HALF_WAY when it cannot.
 */
export async function publish(engine: Engine, transaction: Transaction): Promise<Transaction> {
  const { disk, layout } = engine;
  try {
    if (transaction.state !== 'publishing') {
      const before = readText(layout.repositories) ?? null;
      record(disk, transaction, { kind: 'publishing', before, at: bootTime() });
    }
    const context = contextOf(engine, transaction);
    for (const step of PUBLISH_STEPS) await runStep(engine, step, context);
    return record(disk, transaction, {
      kind: 'published',
      after: readText(layout.repositories) ?? '',
    });
  } catch (cause) {
    throw halfWay(transaction, 'publish', cause);
  }
}

/**
 * Takes a published transaction back: the tags first, so that nothing names what goes. `removable`
 * is the part of the plan that nothing else uses (`planUndo`). Goes on where an earlier run ended.
 * Throws HALF_WAY when it cannot.
 */
export async function undo(
  engine: Engine,
  transaction: Transaction,
  removable: BoundPlan,
): Promise<Transaction> {
  try {
    if (transaction.state !== 'undoing') record(engine.disk, transaction, { kind: 'undoing' });
    const context = { ...contextOf(engine, transaction), bound: removable };
    engine.progress('put the tags back, remove what nothing else uses');
    await undoSteps([...STAGE_STEPS, ...PUBLISH_STEPS], context);
    return record(engine.disk, transaction, { kind: 'undone' });
  } catch (cause) {
    throw halfWay(transaction, 'undo', cause);
  }
}

/**
 * dockerd takes a layer's entry away before it deletes the first file (moby layer/layer_store.go:
 * deleteLayer): an entry that is there after the clone proves that the clone is whole.
 */
function refuseLostSources(layout: Layout, { layers }: BoundPlan): void {
  const lost = layers.find(
    ({ source }) => readLayer(layout, source.chainId)?.cacheId !== source.cacheId,
  );
  if (lost === undefined) return;
  throw new RebaseError(
    'STORE_CHANGED',
    `layer ${shortId(lost.source.chainId)} of the image was removed while it was cloned`,
    { hint: 'nothing was published; pull, load or build the image again' },
  );
}

async function runStep(engine: Engine, step: Step, context: StepContext): Promise<void> {
  const what = step.describe(context);
  if (what === undefined) return;
  engine.progress(what);
  await step.run(context);
}

async function undoSteps(steps: readonly Step[], context: StepContext): Promise<void> {
  for (const step of [...steps].reverse()) await step.undo(context);
}

/** One `sync -f` for each file system of the store: cheaper than one fsync a file, and as sure. */
async function syncStore({ disk, layout }: Engine): Promise<void> {
  await disk.run('sync', ['-f', layout.overlay, layout.image]);
}

async function discardAfter(
  error: unknown,
  engine: Engine,
  transaction: Transaction,
): Promise<void> {
  try {
    await discard(engine, transaction);
  } catch (cause) {
    throw new RebaseError(
      'HALF_WAY',
      `${messageOf(error)}; what was staged could not be removed: ${messageOf(cause)}`,
      { hint: 'dockerd is not touched by it; rebase-image abort tries again', cause: error },
    );
  }
}

/** The error of a transaction that ended between two states. */
export function halfWay(transaction: Transaction, what: string, cause: unknown): RebaseError {
  return new RebaseError(
    'HALF_WAY',
    `transaction ${transaction.number} stopped half-way in its ${what}: ${messageOf(cause)}`,
    {
      hint: 'rebase-image resume goes on with it, rebase-image abort takes it back',
      cause,
      transaction: transaction.number,
    },
  );
}

function contextOf({ disk, layout }: Engine, transaction: Transaction): StepContext {
  const { begin, bound, number, repositories } = transaction;
  const { clone } = begin;
  return { disk, layout, transaction: number, bound, clone, repositories };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
