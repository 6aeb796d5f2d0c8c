import { note, undo, type Engine } from '../apply/engine.ts';
import { readTransactions, type Transaction } from '../apply/journal.ts';
import { holdDockerdLock } from '../daemon/dockerd-lock.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { TagChange } from '../domain/plan.ts';
import { parseReference } from '../domain/reference.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { UndoPlan } from '../plan/plan-undo.ts';
import type { OpenStore } from './open-store.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from './session.ts';
import { planUndoOf } from './undo-facts.ts';

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
    await takeBack(store, engine, { transaction, plan });
    return outcomeOf(transaction, plan);
  });
}

/** Takes a transaction back, on disk or through the daemon. */
export async function takeBack(
  store: OpenStore,
  engine: Engine,
  { transaction, plan }: UndoReport,
): Promise<void> {
  const daemon = store.engine;
  if (store.dockerd.running && (await hasLoaded(store, transaction))) {
    if (daemon === undefined) throw noApi(transaction);
    const now = note(engine, transaction, { kind: 'undoing' });
    await undoThroughDaemon(daemon, plan.removable);
    await undo(engine, now, { ...plan.removable, layers: [], images: [], tags: [] });
    return;
  }
  const lock = store.dockerd.running ? undefined : await holdDockerdLock(store.layout.root);
  try {
    await undo(engine, transaction, plan.removable);
  } finally {
    lock?.release();
  }
}

function refuseDependants({ number }: Transaction, { refusals }: UndoPlan): void {
  const [first] = refusals;
  if (first === undefined) return;
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : '';
  throw new RebaseError('IN_USE', `transaction ${number} cannot be undone: ${first}${more}`, {
    hint: 'remove or undo what depends on it first; rebase-image undo --dry-run lists it',
  });
}

/** How far a process's start time, counted in whole seconds since boot, may be off. */
const CLOCK_SLACK_MS = 2000;

/**
 * Whether the running daemon holds the result in memory: it lists it, or was started after the
 * publish and has read it then, whatever became of the image since.
 */
async function hasLoaded(
  { dockerd, engine }: OpenStore,
  { begin, publishedAt }: Transaction,
): Promise<boolean> {
  const results = new Set<string>(begin.images.map(({ after }) => after));
  const listed = (await engine?.listImages()) ?? [];
  if (listed.some(({ id }) => results.has(id))) return true;
  const startedAt = dockerd.running ? dockerd.startedAt?.epochMs : undefined;
  if (startedAt === undefined || publishedAt === undefined) return engine === undefined;
  return startedAt > Date.parse(publishedAt) + CLOCK_SLACK_MS;
}

async function undoThroughDaemon(daemon: EngineApi, removable: BoundPlan): Promise<void> {
  for (const change of removable.tags) await tagBack(daemon, change);
  for (const { imageId } of removable.images) {
    await daemon.removeImage(imageId, { force: true, noPrune: true });
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

function outcomeOf({ number, begin }: Transaction, { notes }: UndoPlan): Outcome {
  return {
    kind: 'undone',
    changed: true,
    transaction: number,
    images: begin.images.map(({ tag, before, after }) => ({
      reference: tag,
      outcome: 'restored',
      before: after,
      after: before,
      tags: [tag],
      reason: undefined,
    })),
    pending: undefined,
    notes,
  };
}
