/**
 * Containers that run on a base while its files are exchanged: they keep the files that they have
 * mounted, all of them, until they are stopped and started (store.md 9).
 */
import { containersService } from '../../daemon/containers-service.ts';
import type { EngineApi } from '../../daemon/engine-api.ts';
import type { LayerSwitch } from '../../domain/bound-plan.ts';
import { shortId } from '../../domain/digest.ts';
import { RebaseError } from '../../errors.ts';
import { liesOn } from '../../store/overlay/view-times.ts';
import { readMounts } from '../../store/read-mounts.ts';
import { lookAgain, type OpenStore } from '../open-store.ts';
import type { AgreedRestart } from '../while-stopped.ts';
import type { RestartOptions } from '../restart-daemon.ts';
import { readMounted, type Mounted } from './mounted-on.ts';

export type ContainerOptions = Pick<RestartOptions, 'allow' | 'restartContainers'>;

/**
 * What runs on the bases is to be stopped and started again, is left on the files that it has, or
 * stands against the switch.
 */
export type RunningAgreed =
  | {
      readonly kind: 'restart';
      readonly agreed: AgreedRestart;
      /** What nobody pauses again: one line each. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'leave'; readonly running: readonly Mounted[] };

/**
 * Takes the switches and what was said about running containers, returns what becomes of them.
 * Throws IN_USE with their names when nothing was said, or when a stop would delete one (--rm), and
 * DAEMON_FAILED when nobody can be asked to stop them.
 */
export async function agreeOnRunning(
  store: OpenStore,
  switches: readonly LayerSwitch[],
  { allow, restartContainers = false }: ContainerOptions,
): Promise<RunningAgreed> {
  const running = await runningOn(store, switches);
  if (running.length === 0 || (allow.has('running') && !restartContainers)) {
    return { kind: 'leave', running };
  }
  if (!restartContainers) throw stillRunning(running, switches);
  const { engine } = store;
  if (engine === undefined) throw nobodyToAsk(running, store);
  const deleted = await withAutoRemove(engine, running);
  if (deleted.length > 0 && !allow.has('autoremove')) throw wouldDelete(deleted);
  const service = containersService({ kind: 'containers', containers: plain(running) }, engine);
  const startAgain = running.filter((one) => !deleted.includes(one));
  const notes = startAgain
    .filter(({ state }) => state === 'paused')
    .map((one) => `container ${namesOf([one])} was paused, and runs now`);
  return {
    kind: 'restart',
    agreed: { service, daemon: engine, startAgain: plain(startAgain) },
    notes,
  };
}

/** Throws what `agreeOnRunning` throws, before anything is written. */
export async function refuseRunning(
  opened: OpenStore,
  switches: readonly LayerSwitch[],
  options: ContainerOptions,
): Promise<void> {
  await agreeOnRunning(await lookAgain(opened), switches, options);
}

const ALIVE = ['running', 'paused', 'restarting'];

interface Running extends Mounted {
  /** As the daemon calls it; undefined where there is none. */
  readonly state?: string;
}

/** As the daemon says, else what is mounted: containers may live on without it. */
async function runningOn(
  { layout, engine }: OpenStore,
  switches: readonly LayerSwitch[],
): Promise<Running[]> {
  if (engine === undefined) {
    const mountedOn = readMounted(layout);
    return distinct(switches.flatMap(({ link }) => mountedOn(link)));
  }
  const mountIds = new Map(readMounts(layout).map(({ name, mountId }) => [name, mountId]));
  const isOn = (id: string): boolean =>
    switches.some(({ link }) => liesOn(layout, mountIds.get(id) ?? '', link));
  return (await engine.listContainers())
    .filter(({ id, state }) => ALIVE.includes(state) && isOn(id))
    .map(({ id, names, state }) => ({ id, name: names[0] ?? '', state }));
}

/** What a journal keeps of them. */
function plain(containers: readonly Mounted[]): Mounted[] {
  return containers.map(({ id, name }) => ({ id, name }));
}

function distinct(all: readonly Mounted[]): Mounted[] {
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

async function withAutoRemove(engine: EngineApi, running: readonly Mounted[]): Promise<Mounted[]> {
  const found: Mounted[] = [];
  for (const one of running) {
    if ((await engine.inspectContainer(one.id))?.autoRemove === true) found.push(one);
  }
  return found;
}

function stillRunning(running: readonly Mounted[], switches: readonly LayerSwitch[]): RebaseError {
  const bases = [...new Set(switches.map(({ base }) => base))].join(', ');
  return new RebaseError('IN_USE', `on ${bases} run ${namesOf(running)}`, {
    hint:
      '--restart-containers stops them and starts them again; --allow running leaves them on the ' +
      'old files until they are stopped and started (docker restart is not enough)',
  });
}

function nobodyToAsk(running: readonly Mounted[], { dockerd, layout }: OpenStore): RebaseError {
  return new RebaseError(
    'DAEMON_FAILED',
    `${namesOf(running)} cannot be stopped: ` +
      (dockerd.running ? `the dockerd on ${layout.root} does not answer` : 'dockerd does not run'),
    { hint: 'start dockerd or name its socket with --host; or --allow running' },
  );
}

function wouldDelete(deleted: readonly Mounted[]): RebaseError {
  return new RebaseError('IN_USE', `a stop would delete ${namesOf(deleted)} (--rm)`, {
    hint: 'wait for them, or --allow autoremove',
  });
}

function namesOf(containers: readonly Mounted[]): string {
  return containers.map(({ name, id }) => name || shortId(id)).join(', ');
}
