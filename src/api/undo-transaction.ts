import { beginUndo, undo, type Engine } from '../apply/engine.ts';
import { halfWay } from '../apply/half-way.ts';
import { readTransactions, type Transaction } from '../apply/journal.ts';
import { isPublished } from '../apply/steps/add-layers.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import { counted } from '../domain/counted.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { TagChange } from '../domain/plan.ts';
import { parseReference } from '../domain/reference.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { UndoPlan } from '../plan/plan-undo.ts';
import { bootTime } from '../store/boot-clock.ts';
import { lookAgain, type OpenStore } from './open-store.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from './session.ts';
import { transactionOutcome } from './transaction-outcome.ts';
import { planUndoOf } from './undo-facts.ts';
import { underDockerdLock } from './while-stopped.ts';

export interface UndoReport {
  readonly transaction: Transaction;
  readonly plan: UndoPlan;
}

/**
 * Plans the undo of a transaction, the last published one when none is named. Reads only.
 * Throws TRANSACTION_NOT_FOUND, TRANSACTION_OPEN.
 */
export function planUndoTransaction({ layout }: OpenStore, number: number | undefined): UndoReport {
  const transactions = readTransactions(layout);
  refuseOpenTransaction(transactions);
  const transaction = transactions.findLast(
    (one) => one.state === 'published' && (number === undefined || one.number === number),
  );
  if (transaction !== undefined) {
    return { transaction, plan: planUndoOf(layout, transaction) };
  }
  const named = transactions.find((one) => one.number === number);
  throw new RebaseError(
    'TRANSACTION_NOT_FOUND',
    number === undefined
      ? 'there is no transaction to undo'
      : `transaction ${number} ${named === undefined ? 'does not exist' : `is ${named.state} already`}`,
    { hint: 'rebase-image history lists them' },
  );
}

/**
 * Takes a transaction back. A daemon that has loaded the result removes it itself, without a
 * restart; else it is removed on disk.
 * Throws IN_USE with names when something depends on the result, HALF_WAY, LOCKED.
 */
export async function undoTransaction(
  store: OpenStore,
  number: number | undefined,
  options: SessionOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    const { transaction, plan } = planUndoTransaction(store, number);
    refuseDependants(transaction, plan);
    const undone = await takeBack(store, engine, { transaction, plan });
    // Of a base whose layer is gone nothing went back.
    const bound = { ...undone.bound, switches: plan.removable.switches };
    return transactionOutcome({ ...undone, bound }, { pending: undefined, notes: plan.notes });
  });
}

/** Takes a transaction back, on disk or through the daemon. Throws HALF_WAY, DAEMON_FAILED. */
export async function takeBack(
  opened: OpenStore,
  engine: Engine,
  { transaction, plan }: UndoReport,
): Promise<Transaction> {
  // dockerd keeps nothing of an entry in overlay2/l, running or not.
  if (transaction.bound.switches.length > 0) return undo(engine, transaction, plan.removable);
  const store = await lookAgain(opened);
  if (!store.dockerd.running) {
    return underDockerdLock(engine, () => undo(engine, transaction, plan.removable));
  }
  if (!(await mayHaveLoaded(store, transaction))) {
    return undo(engine, transaction, plan.removable);
  }
  if (store.engine === undefined) throw noApi(transaction);
  return undoLoaded(store.engine, engine, { transaction, plan });
}

/** Layers that the daemon holds are the daemon's to remove; what it does not know is ours. */
async function undoLoaded(
  daemon: EngineApi,
  engine: Engine,
  { transaction, plan: { removable } }: UndoReport,
): Promise<Transaction> {
  const now = beginUndo(engine, transaction);
  try {
    await undoThroughDaemon(daemon, engine, removable);
    const unknown = removable.layers.filter((layer) => !isPublished(engine.layout, layer));
    const listed = new Set((await daemon.listImages()).map(({ id }) => id));
    const images = removable.images.filter(({ imageId }) => !listed.has(imageId));
    return await undo(engine, now, { ...removable, layers: unknown, images, tags: [] });
  } catch (cause) {
    throw halfWay(transaction, 'undo', cause);
  }
}

/** Throws IN_USE, with names, when something depends on the result. */
export function refuseDependants({ number }: Transaction, { refusals }: UndoPlan): void {
  const [first] = refusals;
  if (first === undefined) return;
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : '';
  throw new RebaseError('IN_USE', `transaction ${number} cannot be undone: ${first}${more}`, {
    hint:
      'remove or undo what depends on it, load an old image that is gone; ' +
      'rebase-image undo --dry-run lists all',
    transaction: number,
  });
}

/**
 * Whether the running daemon may hold the result in memory: it lists it, or was started after the
 * publish began and has read it then, whatever became of the image since.
 */
async function mayHaveLoaded(
  { dockerd, engine }: OpenStore,
  { begin, publishingAt }: Transaction,
): Promise<boolean> {
  const results = new Set<string>(begin.images.map(({ after }) => after));
  const listed = (await engine?.listImages()) ?? [];
  if (listed.some(({ id }) => results.has(id))) return true;
  const startedAt = dockerd.running ? dockerd.startedAt : undefined;
  if (startedAt === undefined || publishingAt === undefined) return engine === undefined;
  if (publishingAt.bootId !== bootTime().bootId) return true;
  return startedAt.msSinceBoot >= publishingAt.uptimeMs;
}

async function undoThroughDaemon(
  daemon: EngineApi,
  { progress }: Engine,
  { tags, images }: BoundPlan,
): Promise<void> {
  if (tags.length > 0) progress(`put back ${counted(tags.length, 'tag')}`);
  for (const change of tags) await tagBack(daemon, change);
  const what = `remove ${counted(images.length, 'image')}`;
  for (const [done, { imageId }] of images.entries()) {
    progress(what, { done, total: images.length, unit: 'images' });
    await daemon.removeImage(imageId, { noPrune: true });
  }
}

async function tagBack(daemon: EngineApi, { key, before }: TagChange): Promise<void> {
  const { repository, tag } = parseReference(key);
  if (before !== undefined && tag !== undefined) await daemon.tagImage(before, repository, tag);
  else await daemon.removeImage(key, { noPrune: true });
}

function noApi({ number }: Transaction): RebaseError {
  return new RebaseError(
    'DAEMON_FAILED',
    `transaction ${number} is loaded by a dockerd that does not answer`,
    { hint: 'stop dockerd first, or name its socket with --host' },
  );
}
