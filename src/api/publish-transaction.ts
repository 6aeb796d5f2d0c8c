/**
 * From staged to done, for a daemon that does not run, is restarted, or goes on running.
 */
import { discard, note, publish, undo, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { addMissingTags } from '../apply/add-missing-tags.ts';
import { daemonTags, missingDaemonTags } from '../daemon/daemon-tags.ts';
import { holdDockerdLock } from '../daemon/dockerd-lock.ts';
import { verifyLoaded } from '../daemon/verify-images.ts';
import { chainIdsOf } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { Outcome } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import { readTags } from '../store/read-tags.ts';
import { readSnapshot, withLayers } from '../store/read-snapshot.ts';
import { chainProblems } from '../verify/layer-chain.ts';
import { changesSince, concernedChains } from '../verify/still-valid.ts';
import type { OpenStore } from './open-store.ts';
import {
  agreeOnRestart,
  stopDaemon,
  type AgreedRestart,
  type RestartOptions,
} from './restart-daemon.ts';
import { planUndoOf } from './undo-facts.ts';

export type PublishResult = Pick<Outcome, 'pending' | 'notes'> & {
  readonly transaction: Transaction;
};

/** Publishes a staged transaction, or goes on with one that was interrupted while publishing. */
export async function publishTransaction(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  if (!store.dockerd.running) {
    const done = await publishOffline(store, engine, transaction);
    return { transaction: done, pending: undefined, notes: [] };
  }
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed === undefined) return publishBeside(store, engine, transaction);
  return publishInRestart(store, engine, { transaction, agreed });
}

/** Restarts the daemon for a transaction that it has not read yet, if that is wanted. */
export async function restartPublished(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed !== undefined) return publishInRestart(store, engine, { transaction, agreed });
  return { transaction, pending: store.dockerd.running ? 'restart' : undefined, notes: [] };
}

/** dockerd does not run, and cannot start while its lock is held. */
async function publishOffline(
  { layout }: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  const lock = await holdDockerdLock(layout.root);
  try {
    const fitting = await refuseChanges(engine, transaction);
    const published = await publish(engine, fitting);
    const problems = problemsOf(engine, published);
    if (problems.length > 0) {
      await undoUnverified(engine, published, problems);
    }
    return published;
  } finally {
    lock.release();
  }
}

/** dockerd goes on running: it reads the result at its next start. */
async function publishBeside(
  store: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<PublishResult> {
  const fitting = await refuseChanges(engine, transaction);
  const published = await publish(engine, fitting);
  const notes = await keepDaemonTags(store, engine, published);
  return { transaction: published, pending: 'restart', notes };
}

async function publishInRestart(
  store: OpenStore,
  engine: Engine,
  { transaction, agreed }: { transaction: Transaction; agreed: AgreedRestart },
): Promise<PublishResult> {
  const { service, startAgain } = agreed;
  const socketPath = store.engine?.socketPath ?? '';
  const stopped = { ...store, dockerd: { running: false } as const };
  let now = transaction;
  try {
    now = await stopDaemon(engine, now, { service, socketPath });
    // A published transaction is only to be read by the daemon: there is nothing left to write.
    if (now.state !== 'published') now = await publishOffline(stopped, engine, now);
  } catch (error) {
    throw withDaemonState(error, await start(engine, now, agreed));
  }
  const started = await start(engine, now, agreed);
  if (started.state === 'unknown') {
    throw new RebaseError('HALF_WAY', `published, but ${started.message}`, {
      hint: `rebase-image resume looks again; ${started.hint}`,
    });
  }
  const problems = started.state === 'failed' ? [started.message] : await notLoaded(store, now);
  if (problems.length > 0) {
    await takeBack(engine, started.transaction, { agreed, socketPath, problems });
  }
  const notes = await startContainers(store, engine, startAgain);
  return {
    transaction: started.transaction,
    pending: undefined,
    notes: [...started.warnings, ...notes],
  };
}

interface Started {
  readonly state: 'up' | 'failed' | 'unknown';
  readonly transaction: Transaction;
  readonly message: string;
  readonly hint: string;
  readonly warnings: readonly string[];
}

async function start(
  engine: Engine,
  transaction: Transaction,
  { service }: AgreedRestart,
): Promise<Started> {
  engine.progress('start dockerd');
  const outcome = await service.start();
  const up = outcome.state === 'up';
  return {
    state: outcome.state,
    transaction: up ? note(engine, transaction, { kind: 'daemon-started' }) : transaction,
    message: up ? '' : outcome.message,
    hint: up ? '' : outcome.hint,
    warnings: up ? outcome.warnings : [],
  };
}

/** The error of a publish, and with it that the daemon is down, if it is. */
function withDaemonState(error: unknown, started: Started): unknown {
  if (started.state === 'up') return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RebaseError('HALF_WAY', `${message}; and dockerd is down: ${started.message}`, {
    hint: `rebase-image resume starts it; ${started.hint}`,
    cause: error,
  });
}

/** Positive evidence that the daemon has not what was written; a silent daemon proves nothing. */
async function notLoaded(store: OpenStore, transaction: Transaction): Promise<string[]> {
  if (store.engine === undefined) return [];
  const mismatches = await verifyLoaded(
    store.engine,
    transaction.begin.bound.tags.map(({ key, after }) => ({ reference: key, imageId: after })),
  );
  return mismatches.map(({ reference, problem }) => `${reference}: ${problem}`);
}

/** The daemon does not accept the result: stop it, take everything back, start it as it was. */
async function takeBack(
  engine: Engine,
  transaction: Transaction,
  {
    agreed,
    socketPath,
    problems,
  }: { agreed: AgreedRestart; socketPath: string; problems: string[] },
): Promise<never> {
  const { service } = agreed;
  let now = await stopDaemon(engine, transaction, { service, socketPath });
  const lock = await holdDockerdLock(engine.layout.root);
  try {
    now = await undo(engine, now, planUndoOf(engine.layout, now).removable);
  } finally {
    lock.release();
  }
  const started = await start(engine, now, agreed);
  throw new RebaseError(
    'VERIFY_FAILED',
    `dockerd did not take the result (${problems.slice(0, 3).join('; ')}); everything was taken back`,
    {
      hint:
        started.state === 'up'
          ? 'the daemon runs as before; its log says more'
          : `dockerd did not start again: ${started.message}; ${started.hint}`,
    },
  );
}

/** Throws STORE_CHANGED, with the staged files removed, when the plan does not fit any more. */
async function refuseChanges(engine: Engine, transaction: Transaction): Promise<Transaction> {
  // Once its first rename is done, a publish only goes forward.
  if (transaction.state !== 'staged') return transaction;
  const { bound } = transaction.begin;
  const snapshot = withLayers(engine.layout, readSnapshot(engine.layout), concernedChains(bound));
  const changes = changesSince(bound, snapshot);
  if (changes.length === 0) return transaction;
  await discard(engine, transaction);
  throw new RebaseError(
    'STORE_CHANGED',
    `the store has changed since the plan was made: ${changes.slice(0, 3).join('; ')}`,
    { hint: 'what was staged is removed; run the same command again' },
  );
}

/** What is wrong with the written layers, read back from the disk. */
function problemsOf({ layout }: Engine, { begin }: Transaction): string[] {
  return begin.bound.images.flatMap(({ configText }) => {
    const { diffIds } = parseImageConfig(configText);
    const { layers } = withLayers(layout, EMPTY, chainIdsOf(diffIds));
    return chainProblems(diffIds, layers).map(({ message }) => message);
  });
}

const EMPTY = {
  images: new Map(),
  brokenImages: new Map(),
  tags: { byKey: new Map(), byImage: new Map() },
  layers: new Map(),
  containers: [],
} satisfies ReturnType<typeof readSnapshot>;

async function undoUnverified(
  engine: Engine,
  transaction: Transaction,
  problems: readonly string[],
): Promise<never> {
  await undo(engine, transaction, planUndoOf(engine.layout, transaction).removable);
  throw new RebaseError(
    'VERIFY_FAILED',
    `what was written is not sound (${problems[0] ?? ''}); everything was taken back`,
    { hint: 'this is a bug in rebase-image, or the disk is failing' },
  );
}

/**
 * dockerd writes repositories.json from memory and may have done so between our read and our
 * rename: a tag that only the daemon knows is added, so that its restart does not lose it
 * (store.md 9).
 */
async function keepDaemonTags(
  { engine: daemon, layout }: OpenStore,
  engine: Engine,
  { begin, number }: Transaction,
): Promise<string[]> {
  if (daemon === undefined) return [];
  const file = new Map(
    [...readTags(layout).byKey.values()].map(({ key, imageId }) => [key, imageId] as const),
  );
  const planned = new Set(begin.bound.tags.map(({ key }) => key));
  const missing = missingDaemonTags(daemonTags(await daemon.listImages()), file, planned);
  addMissingTags({ disk: engine.disk, layout, transaction: number }, missing);
  return missing.map(({ reference }) => `kept the tag ${reference}, which docker made meanwhile`);
}

async function startContainers(
  { engine: daemon }: OpenStore,
  engine: Engine,
  containers: AgreedRestart['startAgain'],
): Promise<string[]> {
  const notes: string[] = [];
  for (const { id, name } of containers) {
    engine.progress(`start container ${name || id}`);
    try {
      await daemon?.startContainer(id);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      notes.push(`container ${name || id} did not start again: ${why}`);
    }
  }
  return notes;
}
