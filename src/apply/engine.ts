/**
 * Runs a transaction: stage, publish, and the way back from either. Knows no kind of plan, no
 * dockerd and no terminal.
 */
import path from 'node:path';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { shortId } from '../domain/digest.ts';
import { asStep, type Progress, type StepProgress } from '../domain/progress.ts';
import { RebaseError } from '../errors.ts';
import { bootTime } from '../store/boot-clock.ts';
import type { Layout } from '../store/layout.ts';
import { readText } from '../store/read-file.ts';
import { readCacheId } from '../store/read-layer.ts';
import type { Disk } from './disk.ts';
import { halfWay, throwAfter } from './half-way.ts';
import { readAgain, record, type JournalRecord, type Transaction } from './journal.ts';
import { missingMarks } from './steps/mark-committed.ts';
import type { DiffBuilds } from './overlay/diff-build.ts';
import { proofFolder, proveMounts, stacksOf } from './prove-mounts.ts';
import { asRebaseError } from './system-error.ts';
import type { Step, StepContext } from './step.ts';
import { PUBLISH_STEPS, STAGE_STEPS } from './steps.ts';

export interface Engine {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly progress: Progress;
  /**
   * Ends a stage, also in the middle of a copy: what was written is taken back and the signal's
   * reason thrown. A publish and an undo go on to their end.
   */
  readonly signal: AbortSignal | undefined;
}

/**
 * Stages: writes everything that the plan adds where dockerd does not look, makes it durable and
 * proves that it mounts. `builds` says how versions of layers are made. On any failure what was
 * written is taken back and the error passed on.
 */
export async function stage(
  engine: Engine,
  transaction: Transaction,
  builds?: DiffBuilds,
): Promise<Transaction> {
  const { disk, layout, signal } = engine;
  let now = transaction;
  try {
    const committed = missingMarks(layout, transaction.begin.bound);
    now = record(disk, now, { kind: 'marking', committed });
    const context = { ...contextOf(engine, now), signal, builds };
    for (const step of STAGE_STEPS) {
      signal?.throwIfAborted();
      await runStep(engine, step, context);
    }
    refuseLostLayers(layout, context.bound);
    const folder = path.dirname(now.file);
    await asStep(engine.progress, 'make it durable, prove that it mounts', () =>
      whenAllEnd([
        syncStore(engine),
        proveMounts({ disk, layout, folder }, stacksOf(context.bound)),
      ]),
    );
    signal?.throwIfAborted();
    return record(disk, now, { kind: 'staged' });
  } catch (error) {
    return throwAfter(asRebaseError(error), now, () => discard(engine, now));
  }
}

const ABORT_AGAIN = 'rebase-image abort tries again; dockerd reads nothing of it';

/**
 * Takes back what a stage wrote, whole or in part, for good before the journal says so.
 * Throws HALF_WAY when it cannot.
 */
export async function discard(engine: Engine, transaction: Transaction): Promise<Transaction> {
  const { disk } = engine;
  try {
    const now =
      transaction.state === 'staged'
        ? record(disk, transaction, { kind: 'discarding' })
        : transaction;
    await asStep(engine.progress, 'remove what was staged', async () => {
      await undoSteps(STAGE_STEPS, contextOf(engine, now));
      await disk.removeTrees([proofFolder(path.dirname(now.file))]);
      await syncStore(engine);
    });
    return record(disk, now, { kind: 'discarded' });
  } catch (cause) {
    throw halfWay(transaction, 'removal of what was staged', cause, ABORT_AGAIN);
  }
}

/**
 * Publishes what was staged. From its first rename on the transaction only goes forward: publishing
 * again goes on where an earlier run ended. Throws HALF_WAY when it cannot.
 */
export async function publish(engine: Engine, transaction: Transaction): Promise<Transaction> {
  const { disk, layout } = engine;
  const now = transaction.state === 'publishing' ? transaction : beginPublish(engine, transaction);
  try {
    const context = contextOf(engine, now);
    for (const step of PUBLISH_STEPS) await runStep(engine, step, context);
    return record(disk, now, {
      kind: 'published',
      after: readText(layout.repositories) ?? '',
    });
  } catch (cause) {
    throw halfWay(transaction, 'publish', cause);
  }
}

function beginPublish(engine: Engine, transaction: Transaction): Transaction {
  const before = readText(engine.layout.repositories) ?? null;
  return enter(engine, transaction, { kind: 'publishing', before, at: bootTime() });
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
  const now = beginUndo(engine, transaction);
  try {
    const context = { ...contextOf(engine, now), bound: removable };
    const back = removable.switches.length > 0 ? 'switch the bases back' : 'put the tags back';
    await asStep(engine.progress, `${back}, remove what nothing else uses`, async () => {
      await undoSteps([...STAGE_STEPS, ...PUBLISH_STEPS], context);
      await syncStore(engine);
    });
    return record(engine.disk, now, { kind: 'undone' });
  } catch (cause) {
    throw halfWay(transaction, 'undo', cause);
  }
}

/** Records that the undo begins, unless it has. */
export function beginUndo(engine: Engine, transaction: Transaction): Transaction {
  if (transaction.state === 'undoing') return transaction;
  return enter(engine, transaction, { kind: 'undoing' });
}

/**
 * Records that a phase begins. A line that could not be written begins nothing, and the error is
 * the disk's own; HALF_WAY when the line is there all the same.
 */
function enter({ disk }: Engine, transaction: Transaction, entry: JournalRecord): Transaction {
  try {
    return record(disk, transaction, entry);
  } catch (cause) {
    const { state } = readAgain(transaction);
    throw state === transaction.state
      ? asRebaseError(cause)
      : halfWay(transaction, state === 'undoing' ? 'undo' : 'publish', cause);
  }
}

/**
 * dockerd takes a layer's entry away before it deletes the first file (moby layer/layer_store.go:
 * deleteLayer): an entry that is there after the clone proves that the clone is whole, and that what
 * was built beside the files of a layer is still beside them.
 */
function refuseLostLayers(layout: Layout, { layers, switches }: BoundPlan): void {
  const used = [...layers.map(({ source }) => source), ...switches];
  const lost = used.find(({ chainId, cacheId }) => readCacheId(layout, chainId) !== cacheId);
  if (lost === undefined) return;
  throw new RebaseError(
    'STORE_CHANGED',
    `layer ${shortId(lost.chainId)} was removed while its files were read`,
    { hint: 'nothing was published; pull, load or build the image again' },
  );
}

/** Throws what the first of them threw, once none of them is under way any more. */
async function whenAllEnd(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

async function runStep(engine: Engine, step: Step, context: StepContext): Promise<void> {
  const what = step.describe(context);
  if (what === undefined) return;
  const advance = (done: StepProgress): void => {
    engine.progress(what, done);
  };
  await asStep(engine.progress, what, () => step.run({ ...context, advance }));
}

async function undoSteps(steps: readonly Step[], context: StepContext): Promise<void> {
  for (const step of [...steps].reverse()) await step.undo(context);
}

/** One `sync -f` for each file system of the store: cheaper than one fsync a file, and as sure. */
async function syncStore({ disk, layout }: Engine): Promise<void> {
  await disk.run('sync', ['-f', layout.overlay, layout.image]);
}

function contextOf({ disk, layout }: Engine, transaction: Transaction): StepContext {
  const { begin, bound, number, repositories } = transaction;
  const { clone } = begin;
  return { disk, layout, transaction: number, bound, clone, repositories };
}
