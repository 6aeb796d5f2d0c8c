/**
 * The window in which the daemon is down, or only the containers on a base: whatever happens in it,
 * they are brought back, and what could not be is said.
 */
import { record, type Transaction } from '../apply/journal.ts';
import type { Engine } from '../apply/engine.ts';
import { messageOf } from '../apply/system-error.ts';
import { findDockerd } from '../daemon/dockerd-process.ts';
import { holdDockerdLock, isDockerdLockHeld } from '../daemon/dockerd-lock.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import type { DaemonService, StartOutcome } from '../daemon/daemon-service.ts';
import type { HeldLock } from '../daemon/flock-file.ts';
import { asStep, unwatched } from '../domain/progress.ts';
import { RebaseError } from '../errors.ts';
import { bootTime, type BootTime } from '../store/boot-clock.ts';

/** A restart that has been agreed to. */
export interface AgreedRestart {
  readonly service: DaemonService;
  readonly daemon: EngineApi;
  /** Containers to start again once the daemon is up. */
  readonly startAgain: readonly { readonly id: string; readonly name: string }[];
}

/** How the daemon came back. */
export interface BroughtBack {
  readonly state: StartOutcome['state'];
  readonly transaction: Transaction;
  /** Why it is not up, and where to look; empty when it is. */
  readonly message: string;
  readonly hint: string;
  /** Warnings, and containers that did not start again. */
  readonly notes: readonly string[];
}

/** What the journal keeps, so that a later run can bring the daemon back. */
export interface StoppedRecord {
  readonly record: DaemonService['record'];
  readonly socketPath: string;
  readonly startAgain: AgreedRestart['startAgain'];
  /** When the stop was about to begin. */
  readonly at: BootTime;
}

/** What a transaction has stopped and not started again, as its journal says. */
export function stoppedRecord({ daemonToStart }: Transaction): StoppedRecord | undefined {
  return daemonToStart === undefined ? undefined : (JSON.parse(daemonToStart) as StoppedRecord);
}

/**
 * Lets the stop that an earlier run began come to its end: a dockerd that was started before it is
 * on its way down, and would take what is done now for granted. Throws DAEMON_FAILED.
 */
export async function endStop(
  { layout }: Engine,
  { service }: AgreedRestart,
  at: BootTime,
): Promise<void> {
  // They may have been started since, by anybody.
  if (service.kind === 'containers') return service.stop();
  const dockerd = await findDockerd(layout.root);
  const startedAt = dockerd.running ? dockerd.startedAt : undefined;
  if (startedAt === undefined || at.bootId !== bootTime().bootId) return;
  if (startedAt.msSinceBoot < at.uptimeMs) await service.stop();
}

/**
 * Stops the daemon, does the work under its lock, and brings it back; with the service of containers
 * those alone. Throws the work's error, with the daemon's state in it if that is not up again.
 */
export async function whileStopped(
  engine: Engine,
  { transaction, agreed }: { transaction: Transaction; agreed: AgreedRestart },
  work: (transaction: Transaction) => Promise<Transaction>,
): Promise<BroughtBack> {
  const { kind, record: service } = agreed.service;
  const isDaemon = kind !== 'containers';
  const what = `stop ${isDaemon ? 'dockerd' : 'containers'} (${agreed.service.describe()})`;
  const stopped: StoppedRecord = {
    record: service,
    socketPath: agreed.daemon.socketPath,
    startAgain: agreed.startAgain,
    at: bootTime(),
  };
  let now = record(engine.disk, transaction, {
    kind: 'daemon-stopped',
    start: JSON.stringify(stopped),
  });
  try {
    await asStep(engine.progress, what, () => stop(engine, agreed));
    now = await (isDaemon ? underDockerdLock(engine, () => work(now)) : work(now));
  } catch (error) {
    throw withDaemonState(error, await bringBack(engine, now, agreed));
  }
  return bringBack(engine, now, agreed);
}

/** Does the work while dockerd cannot start. Throws LOCKED when it runs. */
export async function underDockerdLock<T>({ layout }: Engine, work: () => Promise<T>): Promise<T> {
  return underLock(await holdDockerdLock(layout.root), work);
}

/** Does the work, and lets go of the lock. */
export async function underLock<T>(lock: HeldLock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const START = 'start dockerd';

/** Starts the daemon and the containers that would stay down; never throws. */
export async function bringBack(
  engine: Engine,
  transaction: Transaction,
  agreed: AgreedRestart,
): Promise<BroughtBack> {
  const tell = agreed.service.kind === 'containers' ? unwatched : engine.progress;
  tell(START);
  const outcome = await started(agreed);
  tell(START, outcome.state === 'up' ? 'done' : 'failed');
  if (outcome.state !== 'up') {
    const down = agreed.startAgain.map(({ name, id }) => name || id);
    return {
      state: outcome.state,
      transaction,
      message: outcome.message,
      hint: outcome.hint,
      notes: down.length === 0 ? [] : [`not started again: ${down.join(', ')}`],
    };
  }
  const notes = [...outcome.warnings, ...(await startContainers(engine, agreed))];
  try {
    const now = record(engine.disk, transaction, { kind: 'daemon-started' });
    return { state: 'up', transaction: now, message: '', hint: '', notes };
  } catch (error) {
    const note = `the journal could not be written: ${messageOf(error)}`;
    return { state: 'up', transaction, message: '', hint: '', notes: [...notes, note] };
  }
}

/** An error, and with it that the daemon or containers are down, if they are. */
export function withDaemonState(error: unknown, back: BroughtBack): unknown {
  if (back.state === 'up' && back.notes.length === 0) return error;
  const transaction = back.transaction.number;
  if (back.state === 'up') {
    const code = error instanceof RebaseError ? error.code : 'APPLY_FAILED';
    const hint = error instanceof RebaseError ? error.hint : undefined;
    const message = `${messageOf(error)}; ${back.notes.join('; ')}`;
    return new RebaseError(code, message, { hint, cause: error, transaction });
  }
  const message = [messageOf(error), `dockerd is down: ${back.message}`, ...back.notes].join('; ');
  return new RebaseError('HALF_WAY', message, {
    hint: `rebase-image resume starts it; ${back.hint}`,
    cause: error,
    transaction,
  });
}

/** Whether a daemon that would not stop has gone all the same is for its lock to say. */
async function stop({ layout }: Engine, { service }: AgreedRestart): Promise<void> {
  try {
    await service.stop();
  } catch (error) {
    if (await isDockerdLockHeld(layout.root)) throw error;
  }
}

async function started({ service }: AgreedRestart): Promise<StartOutcome> {
  try {
    return await service.start();
  } catch (error) {
    const hint = error instanceof RebaseError ? (error.hint ?? '') : '';
    return { state: 'unknown', message: messageOf(error), hint };
  }
}

async function startContainers(
  engine: Engine,
  { daemon, startAgain }: AgreedRestart,
): Promise<string[]> {
  // One may need another one to run, as with --network container:NAME: the rest is tried again.
  for (let left = startAgain; ;) {
    const failed: (typeof left)[number][] = [];
    const notes: string[] = [];
    for (const one of left) {
      const { id, name } = one;
      try {
        await asStep(engine.progress, `start container ${name || id}`, () =>
          daemon.startContainer(id),
        );
      } catch (error) {
        failed.push(one);
        notes.push(`container ${name || id} did not start again: ${messageOf(error)}`);
      }
    }
    if (failed.length === 0 || failed.length === left.length) return notes;
    left = failed;
  }
}
