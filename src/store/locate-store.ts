/**
 * Which image store a data-root holds, and whether it is one that can be rewritten: dockerd's own
 * graph-driver store on overlay2. Everything else is refused with what was found.
 * Source: store.md 5 and 6; moby daemon/graphdriver/driver.go (New, scanPriorDrivers).
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { RebaseError } from '../errors.ts';
import { DRIVER, layoutOf, type Layout } from './layout.ts';
import { readContainers } from './read-containers.ts';
import { namesIn, readHostText, statOf } from './read-file.ts';
import { refuseUnsafe } from './refuse-unsafe.ts';

/** What `docker info` says of the daemon that uses the data-root. */
export interface DriverFacts {
  readonly driver: string;
  readonly containerdSnapshotter: boolean;
}

/** The parts of daemon.json that decide which store is used; undefined fields are not set. */
export interface DaemonConfig {
  readonly dataRoot: string | undefined;
  readonly storageDriver: string | undefined;
  readonly containerdSnapshotter: boolean | undefined;
  readonly usernsRemap: boolean;
}

/** What an absent daemon.json says. */
export const NO_CONFIG: DaemonConfig = {
  dataRoot: undefined,
  storageDriver: undefined,
  containerdSnapshotter: undefined,
  usernsRemap: false,
};

/** Drivers that leave a folder of their name in the data-root; vfs is never taken for a prior one. */
const OTHER_DRIVERS = ['overlay', 'fuse-overlayfs', 'btrfs', 'zfs', 'aufs', 'devicemapper'];
/** Of the containerd that dockerd starts itself; a host's own keeps them outside the data-root. */
const CONTAINERD_SNAPSHOTS = 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots';
/** BuildKit's own folder beside the containerd image store, wherever that lies. */
const CONTAINERD_BUILDS = /^containerd-/;
const USERNS_FOLDER = /^\d+\.\d+$/;

/**
 * The folders of a data-root that hold a store: the data-root itself and its `<uid>.<gid>` folders
 * of userns-remap; the data-root alone when there is none. Where daemon.json says that users are
 * remapped, only the latter. Symlinks are followed. Throws NO_DATA_ROOT.
 */
export function storeRootsIn(dataRoot: string, config: DaemonConfig): [string, ...string[]] {
  const root = existing(dataRoot);
  const [first, ...more] = namesIn(root)
    .filter((name) => USERNS_FOLDER.test(name))
    .map((name) => path.join(root, name))
    .filter((folder) => statOf(path.join(folder, 'image'))?.isDirectory());
  if (first === undefined) return [root];
  const hasOwn = statOf(layoutOf(root).image)?.isDirectory() === true;
  return hasOwn && !config.usernsRemap ? [root, first, ...more] : [first, ...more];
}

/**
 * The error for a data-root with several stores, none of which a dockerd is using. The last is one
 * of userns-remap: naming the data-root itself would leave the same doubt.
 */
export function severalStores(roots: readonly string[]): RebaseError {
  return new RebaseError('STORE_AMBIGUOUS', `there are several stores: ${roots.join(', ')}`, {
    hint: `start dockerd, which then says so, or name a remapped one: --data-root ${roots.at(-1) ?? ''}`,
  });
}

export interface StoreFacts {
  readonly daemon: DriverFacts | undefined;
  readonly config: DaemonConfig;
  /** Whether folders of other drivers beside overlay2 are somebody else's to judge. */
  readonly beside?: boolean | undefined;
}

/**
 * The layout of the overlay2 store in this folder. `daemon` is what the running daemon says; where
 * it is undefined, daemon.json and the folders must leave no doubt.
 * Throws NO_DATA_ROOT, STORE_UNSUPPORTED, STORE_AMBIGUOUS.
 */
export function overlayStoreIn(root: string, facts: StoreFacts): Layout {
  refuseOtherStore(root, facts);
  const layout = layoutOf(root);
  refuseUnsafe(layout);
  if (statOf(layout.image)?.isDirectory() !== true) throw noStore(root);
  return layout;
}

/** Folders of other drivers in a data-root that hold something: dockerd cannot choose (driver.go). */
export function otherDriversIn(root: string): string[] {
  return OTHER_DRIVERS.filter((name) => namesIn(path.join(root, name)).length > 0);
}

/** Reads daemon.json as far as it decides the store; a file that is not there says nothing. */
export function readDaemonConfig(file: string): DaemonConfig {
  let config: Record<string, unknown>;
  try {
    // Go reads null as an empty configuration.
    config = (JSON.parse(readHostText(file) ?? '{}') ?? {}) as Record<string, unknown>;
  } catch (cause) {
    throw new RebaseError('STORE_AMBIGUOUS', `${file} does not parse: dockerd would not start`, {
      hint: 'mend it first: it decides which store dockerd uses',
      cause,
    });
  }
  const features = (config['features'] ?? {}) as Record<string, unknown>;
  const snapshotter = features['containerd-snapshotter'];
  return {
    dataRoot: text(config['data-root']) ?? text(config['graph']),
    storageDriver: text(config['storage-driver']),
    containerdSnapshotter: typeof snapshotter === 'boolean' ? snapshotter : undefined,
    usernsRemap: (text(config['userns-remap']) ?? '') !== '',
  };
}

function existing(dataRoot: string): string {
  try {
    return realpathSync(dataRoot);
  } catch (cause) {
    throw new RebaseError('NO_DATA_ROOT', `there is no data-root ${dataRoot}`, {
      hint: "docker info --format '{{.DockerRootDir}}' says where it is; give it with --data-root",
      cause,
    });
  }
}

function refuseOtherStore(root: string, { daemon, config, beside = false }: StoreFacts): void {
  if (daemon !== undefined) {
    if (daemon.containerdSnapshotter) throw unsupported(root, 'the containerd image store');
    if (daemon.driver !== DRIVER) throw unsupported(root, `the storage driver ${daemon.driver}`);
    return;
  }
  if (config.containerdSnapshotter === true) {
    throw unsupported(root, 'the containerd image store (daemon.json: containerd-snapshotter)');
  }
  if (config.storageDriver !== undefined && config.storageDriver !== DRIVER) {
    throw unsupported(root, `the storage driver ${config.storageDriver} (daemon.json)`);
  }
  if (config.storageDriver === undefined) refuseByFolders(root, config, beside);
}

/** No daemon and no driver in daemon.json says what is used: the folders must leave no doubt. */
function refuseByFolders(root: string, config: DaemonConfig, beside: boolean): void {
  const others = otherDriversIn(root);
  const containerd = config.containerdSnapshotter !== false && hasContainerdStore(root);
  const images = namesIn(path.join(root, 'image')).filter((name) => name !== DRIVER);
  if (namesIn(path.join(root, DRIVER)).length > 0) {
    const rivals = [
      ...others,
      ...(containerd ? ['a containerd image store'] : []),
      ...otherContainers(root),
    ];
    if (rivals.length === 0 || beside) return;
    throw new RebaseError(
      'STORE_AMBIGUOUS',
      `${root} holds an overlay2 store and ${rivals.join(', ')}: which one is in use is not clear`,
      { hint: 'start dockerd, which then says so, or set "storage-driver" in daemon.json' },
    );
  }
  const found = [...others, ...images.filter((name) => namesIn(path.join(root, name)).length > 0)];
  if (containerd) throw unsupported(root, 'the containerd image store');
  if (found[0] !== undefined) throw unsupported(root, `the storage driver ${found[0]}`);
}

/** Whether dockerd uses the containerd image store, or has used it (store.md 6). */
function hasContainerdStore(root: string): boolean {
  return (
    namesIn(path.join(root, CONTAINERD_SNAPSHOTS)).length > 0 ||
    namesIn(path.join(root, 'buildkit')).some((name) => CONTAINERD_BUILDS.test(name))
  );
}

/** Containers of another driver are hidden by dockerd while it uses overlay2 (store.md 2.4). */
function otherContainers(root: string): string[] {
  const drivers = readContainers(layoutOf(root)).map(({ driver }) => driver);
  const others = new Set(drivers.filter((driver) => driver !== '' && driver !== DRIVER));
  return [...others].map((driver) => `containers on ${driver}`);
}

function unsupported(root: string, what: string): RebaseError {
  return new RebaseError(
    'STORE_UNSUPPORTED',
    `${root} uses ${what}; only overlay2 can be rebased`,
    {
      hint: "docker info --format '{{.Driver}} {{.DriverStatus}}' shows what is in use",
    },
  );
}

function noStore(root: string): RebaseError {
  return new RebaseError('NO_DATA_ROOT', `${root} holds no overlay2 image store of dockerd`, {
    hint: "docker info --format '{{.DockerRootDir}}' says where it is; give it with --data-root",
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
