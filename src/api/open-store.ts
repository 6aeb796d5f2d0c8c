import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { findAlive } from '../daemon/alive-without-daemon.ts';
import { chooseEndpoint, DEFAULT_SOURCE, type Endpoint } from '../daemon/endpoint.ts';
import { findDockerd, stillRuns, type DockerdState } from '../daemon/dockerd-process.ts';
import { connectEngine, type EngineApi } from '../daemon/engine-api.ts';
import type { DaemonInfo } from '../daemon/engine-answers.ts';
import type { DaemonView } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import {
  NO_CONFIG,
  otherDriversIn,
  overlayStoreIn,
  readDaemonConfig,
  severalStores,
  storeRootsIn,
  type DaemonConfig,
  type DriverFacts,
} from '../store/locate-store.ts';
import { readHostText, statOf } from '../store/read-file.ts';

export interface StoreOptions {
  readonly dataRoot?: string | undefined;
  readonly host?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opens a store that has other drivers' folders beside it too: to examine it, not to use it. */
  readonly examine?: boolean | undefined;
}

/** A store that can be rebased, and the dockerd that runs on it, if one does. */
export interface OpenStore {
  readonly layout: Layout;
  readonly dockerd: DockerdState;
  /** A client of that dockerd; undefined when it does not run or listens on no unix socket. */
  readonly engine: EngineApi | undefined;
  readonly info: DaemonInfo | undefined;
  /** Folders of other storage drivers that leave dockerd no choice at its next start. */
  readonly otherDrivers: readonly string[];
}

const DAEMON_JSON = '/etc/docker/daemon.json';
const DEFAULT_DATA_ROOT = '/var/lib/docker';

/**
 * Finds the store: --data-root, else what the daemon says, else daemon.json, else /var/lib/docker.
 * Reads only. Throws NOT_ROOT, NO_DATA_ROOT, STORE_UNSUPPORTED, STORE_AMBIGUOUS, USAGE, and
 * DAEMON_FAILED where a daemon is named that does not answer.
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  if (process.getuid?.() !== 0) {
    throw new RebaseError('NOT_ROOT', "dockerd's store belongs to root, and you are not root", {
      hint: 'run it with sudo',
    });
  }
  const { dataRoot, config, asked } = await whereIsIt(options);
  const { root, dockerd } = await storeInUse(storeRootsIn(dataRoot, config));
  const daemon = dockerd.running ? await daemonOf(root, dockerd.socketPaths, asked) : undefined;
  const layout = overlayStoreIn(root, {
    daemon: daemon && driverFacts(daemon.info),
    config,
    beside: options.examine,
  });
  const chosen = dockerd.running || config.storageDriver !== undefined;
  const otherDrivers = chosen ? [] : otherDriversIn(root);
  return { layout, dockerd, engine: daemon?.engine, info: daemon?.info, otherDrivers };
}

/**
 * The store with the daemon that runs on it now: it may have been stopped or started meanwhile. What
 * the same process said of itself is not asked again.
 */
export async function lookAgain(store: OpenStore): Promise<OpenStore> {
  const { root } = store.layout;
  const known = store.dockerd.running && store.engine !== undefined;
  if (known && stillRuns(store.dockerd, root)) return store;
  const dockerd = await findDockerd(root);
  if (!dockerd.running) return { ...store, dockerd, engine: undefined, info: undefined };
  const before = store.engine === undefined ? [] : [store.engine.socketPath];
  const daemon = await daemonOf(root, [...before, ...dockerd.socketPaths], undefined);
  return { ...store, dockerd, engine: daemon?.engine, info: daemon?.info };
}

/** What is to be shown of the daemon. */
export function daemonView({ dockerd, info, layout }: OpenStore): DaemonView {
  const alive = dockerd.running ? [] : findAlive(layout.root, layout.containers).containers;
  return {
    running: dockerd.running,
    version: info?.serverVersion,
    livingOn: alive.map(({ name, id }) => name || id),
  };
}

/** Of several stores the one that a dockerd is using. Throws STORE_AMBIGUOUS. */
async function storeInUse(
  roots: readonly [string, ...string[]],
): Promise<{ root: string; dockerd: DockerdState }> {
  const found = await Promise.all(
    roots.map(async (root) => ({ root, dockerd: await findDockerd(root) })),
  );
  const inUse = found.filter(({ dockerd }) => dockerd.running);
  const [only] = roots.length === 1 ? found : inUse;
  if (only === undefined || inUse.length > 1) throw severalStores(roots);
  return only;
}

interface Answering {
  readonly engine: EngineApi;
  readonly info: DaemonInfo;
}

async function whereIsIt(
  options: StoreOptions,
): Promise<{ dataRoot: string; config: DaemonConfig; asked: Answering | undefined }> {
  const { dataRoot, host, context, env } = options;
  const named = host !== undefined || context !== undefined;
  const endpoint =
    dataRoot !== undefined && !named
      ? undefined
      : chooseEndpoint({ host, context, env, home: homedir(), readText: readHostText });
  const asked = endpoint === undefined ? undefined : await ask(endpoint.socketPath);
  if (dataRoot !== undefined) {
    refuseOtherRoot(dataRoot, asked);
    return { dataRoot, config: configFor(dataRoot), asked };
  }
  if (asked !== undefined) {
    const { dockerRootDir } = asked.info;
    return { dataRoot: dockerRootDir, config: NO_CONFIG, asked };
  }
  if (endpoint !== undefined && endpoint.source !== DEFAULT_SOURCE) throw silent(endpoint);
  const config = readDaemonConfig(DAEMON_JSON);
  return { dataRoot: config.dataRoot ?? DEFAULT_DATA_ROOT, config, asked };
}

/** Somebody has named that daemon: another one's store must not be taken for its. */
function silent({ socketPath, source }: Endpoint): RebaseError {
  return new RebaseError('DAEMON_FAILED', `no dockerd answers at ${socketPath} (${source})`, {
    hint: 'start it, or name its store: --data-root DIR',
  });
}

/** daemon.json speaks of one data-root; about another it says nothing. */
function configFor(dataRoot: string): DaemonConfig {
  const config = readDaemonConfig(DAEMON_JSON);
  const itsRoot = config.dataRoot ?? DEFAULT_DATA_ROOT;
  return sameFolder(itsRoot, dataRoot) || isRemapped(dataRoot, itsRoot) ? config : NO_CONFIG;
}

/** --host and --data-root together must mean the same daemon. */
function refuseOtherRoot(dataRoot: string, asked: Answering | undefined): void {
  const theirs = asked?.info.dockerRootDir;
  if (theirs === undefined || sameFolder(theirs, dataRoot) || isRemapped(theirs, dataRoot)) return;
  throw new RebaseError('USAGE', `the daemon at this host uses ${theirs}, not ${dataRoot}`, {
    hint: 'leave out --data-root, or name the socket of the daemon that uses it',
  });
}

function isRemapped(theirs: string, dataRoot: string): boolean {
  return /^(.*)\/\d+\.\d+$/.test(theirs) && sameFolder(theirs.replace(/\/\d+\.\d+$/, ''), dataRoot);
}

/** The client of the dockerd that runs on this root: the asked one, or one of its own sockets. */
async function daemonOf(
  root: string,
  socketPaths: readonly string[],
  asked: Answering | undefined,
): Promise<Answering | undefined> {
  const isItsOwn = (one: Answering | undefined): boolean => {
    return one !== undefined && sameFolder(one.info.dockerRootDir, root);
  };
  return isItsOwn(asked) ? asked : (await Promise.all(socketPaths.map(ask))).find(isItsOwn);
}

/** undefined when nobody answers at the socket in time. */
async function ask(socketPath: string): Promise<Answering | undefined> {
  if (statOf(socketPath) === undefined) return undefined;
  const engine = connectEngine(socketPath);
  try {
    return { engine, info: await engine.info() };
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'DAEMON_FAILED') return undefined;
    throw error;
  }
}

function driverFacts({ driver, driverStatus }: DaemonInfo): DriverFacts {
  return {
    driver,
    containerdSnapshotter: driverStatus.some(
      ([key, value]) => key === 'driver-type' && value === 'io.containerd.snapshotter.v1',
    ),
  };
}

function sameFolder(a: string, b: string): boolean {
  return resolved(a) === resolved(b);
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
