/**
 * Whether and how the daemon is restarted, and what that does to containers. Decides only.
 */
import type { Transaction } from '../apply/journal.ts';
import { connectEngine, type EngineApi } from '../daemon/engine-api.ts';
import { containersAtRestart, type ContainersAtRestart } from '../daemon/containers-at-restart.ts';
import { restartHazards } from '../daemon/restart-hazards.ts';
import { toolRunner } from '../daemon/run-tool.ts';
import type { DaemonService, ServiceContext } from '../daemon/daemon-service.ts';
import { chooseService, serviceFromRecord } from '../daemon/service.ts';
import type { RestartView } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { BootTime } from '../store/boot-clock.ts';
import type { OpenStore } from './open-store.ts';
import { stoppedRecord, type AgreedRestart } from './while-stopped.ts';

export interface RestartOptions {
  /** true and false answer the question; undefined asks `ask`, and means no without it. */
  readonly restart: boolean | undefined;
  readonly stopCommand?: string | undefined;
  readonly startCommand?: string | undefined;
  readonly allow: ReadonlySet<string>;
  /** Stop the containers that run on a base while its files are exchanged, and start them again. */
  readonly restartContainers?: boolean | undefined;
  /** Asks "Restart dockerd now?"; undefined where nobody can be asked. */
  readonly ask?: ((question: RestartQuestion) => Promise<boolean>) | undefined;
}

export interface RestartQuestion {
  readonly view: RestartView;
  /** The commands that will run. */
  readonly how: string;
  readonly warnings: readonly string[];
}

const NO_CONTAINERS: RestartView = { comeBack: [], stayDown: [], deleted: [], startedToo: [] };

/** What a restart would do to containers; undefined without a daemon that can be asked. */
export async function restartView(store: OpenStore): Promise<RestartView | undefined> {
  const fates = await fatesOf(store);
  return fates === undefined ? undefined : viewOf(fates);
}

/**
 * Refuses a restart that is wanted and cannot be, before anything is written.
 * Throws USAGE when nothing is known that can do it, IN_USE for containers that it would delete,
 * DAEMON_FAILED when dockerd would not come back.
 */
export async function refuseImpossibleRestart(
  store: OpenStore,
  options: RestartOptions,
): Promise<void> {
  if (!store.dockerd.running || options.restart === false) return;
  const service = await serviceOf(store, UNNUMBERED, options);
  if (options.restart !== true) return;
  if (service === undefined) throw noWayToRestart(store);
  await hazardsOf(store);
  refuseDeletion(await fatesOf(store), options.allow);
}

/** A restart that is only looked at has no transaction yet. */
const UNNUMBERED = 0;

/**
 * Whether and how the running daemon will be restarted; undefined means that it will not.
 * Throws what `refuseImpossibleRestart` throws.
 */
export async function agreeOnRestart(
  opened: OpenStore,
  { number }: Transaction,
  options: RestartOptions,
): Promise<AgreedRestart | undefined> {
  const wanted = options.restart === true;
  if (!opened.dockerd.running || options.restart === false) return undefined;
  // Whether it keeps containers alive may have been changed meanwhile, by a signal.
  const store = { ...opened, info: (await opened.engine?.info()) ?? opened.info };
  await refuseImpossibleRestart(store, options);
  const service = await serviceOf(store, number, options);
  if (service === undefined || store.engine === undefined) return undefined;
  const fates = await fatesOf(store);
  const agreed = { service, daemon: store.engine, startAgain: fates?.stayDown ?? [] };
  if (wanted) return agreed;
  if (options.ask === undefined) return undefined;
  const question = {
    view: fates === undefined ? NO_CONTAINERS : viewOf(fates),
    how: service.describe(),
    warnings: await hazardsOf(store),
  };
  if (!(await options.ask(question))) return undefined;
  refuseDeletion(fates, options.allow);
  return agreed;
}

function noWayToRestart({ engine, layout }: OpenStore): RebaseError {
  if (engine === undefined) {
    return new RebaseError('DAEMON_FAILED', `the dockerd on ${layout.root} does not answer`, {
      hint: 'name its socket: --host unix:///PATH',
    });
  }
  return new RebaseError('USAGE', '--restart: this dockerd is not run by systemd', {
    hint: "say how: --stop-command 'COMMAND' --start-command 'COMMAND'",
  });
}

/** A restart that an earlier run was in the middle of. */
export interface InterruptedRestart extends AgreedRestart {
  readonly stoppedAt: BootTime;
}

/** How to bring back a daemon that an earlier run has stopped, as the journal says. */
export function recordedRestart(
  store: OpenStore,
  transaction: Transaction,
): InterruptedRestart | undefined {
  const stopped = stoppedRecord(transaction);
  if (stopped === undefined) return undefined;
  const { record, socketPath, startAgain, at } = stopped;
  const daemon = store.engine ?? connectEngine(socketPath);
  const context = serviceContext(store, transaction.number, daemon);
  return { service: serviceFromRecord(record, context), daemon, startAgain, stoppedAt: at };
}

async function serviceOf(
  store: OpenStore,
  transaction: number,
  { stopCommand, startCommand }: RestartOptions,
): Promise<DaemonService | undefined> {
  if (store.engine === undefined) return undefined;
  return chooseService(
    { stopCommand, startCommand },
    serviceContext(store, transaction, store.engine),
  );
}

function serviceContext(
  { layout, dockerd }: OpenStore,
  transaction: number,
  engine: EngineApi,
): ServiceContext {
  return {
    dataRoot: layout.root,
    engine,
    ...(dockerd.running ? { dockerd } : {}),
    transaction: String(transaction),
    run: toolRunner(),
  };
}

/** Containers that are asked about at once: every call is a connection of its own. */
const INSPECTIONS_AT_ONCE = 16;

async function fatesOf({ engine, info }: OpenStore): Promise<ContainersAtRestart | undefined> {
  if (engine === undefined || info === undefined) return undefined;
  const listed = await engine.listContainers();
  const inspected = [];
  for (let at = 0; at < listed.length; at += INSPECTIONS_AT_ONCE) {
    const some = listed.slice(at, at + INSPECTIONS_AT_ONCE);
    inspected.push(...(await Promise.all(some.map(({ id }) => engine.inspectContainer(id)))));
  }
  return containersAtRestart(
    inspected.filter((container) => container !== undefined),
    { liveRestore: info.liveRestoreEnabled, serverVersion: info.serverVersion },
  );
}

function viewOf(fates: ContainersAtRestart): RestartView {
  const names = (group: ContainersAtRestart['comeBack']): string[] =>
    group.map(({ name, id }) => name || id);
  return {
    comeBack: names(fates.comeBack),
    stayDown: names(fates.stayDown),
    deleted: names(fates.deleted),
    startedToo: names(fates.startedToo),
  };
}

async function hazardsOf({ layout, dockerd, engine, info }: OpenStore): Promise<string[]> {
  if (!dockerd.running || engine === undefined) return [];
  const hazards = await restartHazards({
    root: layout.root,
    dockerd,
    serverVersion: info?.serverVersion ?? '',
    containerIds: (await engine.listContainers()).map(({ id }) => id),
    run: toolRunner(),
  });
  const fatal = hazards.find(({ kind }) => kind !== 'newer-dockerd');
  if (fatal !== undefined) {
    throw new RebaseError('DAEMON_FAILED', `dockerd will not be restarted: ${fatal.message}`, {
      hint: 'mend that first, or publish with --no-restart and restart dockerd yourself',
    });
  }
  return hazards.map(({ message }) => message);
}

function refuseDeletion(fates: ContainersAtRestart | undefined, allow: ReadonlySet<string>): void {
  const deleted = fates?.deleted ?? [];
  if (deleted.length === 0 || allow.has('autoremove')) return;
  throw new RebaseError(
    'IN_USE',
    `a restart would delete ${deleted.map(({ name, id }) => name || id).join(', ')} (--rm)`,
    { hint: 'wait for them, or --allow autoremove; --no-restart leaves them alone' },
  );
}
