import { note, undo, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { holdDockerdLock, isDockerdLockHeld } from '../daemon/dockerd-lock.ts';
import { verifyLoaded } from '../daemon/verify-images.ts';
import { RebaseError } from '../errors.ts';
import type { OpenStore } from './open-store.ts';
import { publishOffline } from './publish-offline.ts';
import type { PublishResult } from './publish-result.ts';
import { stopDaemon, type AgreedRestart } from './restart-daemon.ts';
import { planUndoOf } from './undo-facts.ts';

/**
 * Stops the daemon, publishes, starts it and verifies that it lists the result; if it does not,
 * everything is taken back and the daemon started as it was. Containers that ran and do not come
 * back by themselves are started again.
 */
export async function publishInRestart(
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
  let now = await stopFailed(engine, transaction, { service, socketPath });
  const lock = await holdDockerdLock(engine.layout.root);
  try {
    now = await undo(engine, now, planUndoOf(engine.layout, now).removable);
  } finally {
    lock.release();
  }
  const started = await start(engine, now, agreed);
  const what = `dockerd did not take the result (${problems.slice(0, 3).join('; ')})`;
  if (started.state === 'up') {
    throw new RebaseError('VERIFY_FAILED', `${what}; everything was taken back`, {
      hint: 'the daemon runs as before; its log says more',
    });
  }
  throw new RebaseError(
    'HALF_WAY',
    `${what}; everything was taken back, and dockerd is down: ${started.message}`,
    { hint: `rebase-image resume starts it; ${started.hint}` },
  );
}

/** Stops a daemon that may have failed already: whether it is down is for its lock to say. */
async function stopFailed(
  engine: Engine,
  transaction: Transaction,
  stopping: Parameters<typeof stopDaemon>[2],
): Promise<Transaction> {
  try {
    return await stopDaemon(engine, transaction, stopping);
  } catch (error) {
    if (await isDockerdLockHeld(engine.layout.root)) throw error;
    return transaction;
  }
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
