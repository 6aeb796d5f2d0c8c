/** A container on disk: its directory, its layerdb mount, its two overlay2 directories. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goJson } from './go-json.ts';
import { sha256Hex } from './ids.ts';
import { inDockerOrder } from './image-config.ts';
import { entriesOf } from './layer-entries.ts';
import { writeLayerFiles } from './layer-files.ts';
import { addOverlayDirectory } from './layer-store.ts';
import type { LayerStore, StoredLayer } from './layer-store.ts';
import type { ContainerSpec, DockerConfig, FileSpec } from './store-spec.ts';

export interface BuiltContainer {
  readonly name: string;
  readonly id: string;
  readonly mountId: string;
  readonly initId: string;
}

/** The image that a container is made from. */
export interface ContainerImage {
  readonly imageId: string;
  readonly displayName: string;
  readonly config: DockerConfig;
  readonly top: StoredLayer | undefined;
}

/** Writes a container as `docker create` (or `run`, when running) leaves it. */
export function addContainer(
  store: LayerStore,
  spec: ContainerSpec,
  image: ContainerImage,
): BuiltContainer {
  const id = sha256Hex(`container ${spec.name}`);
  const mountId = sha256Hex(`mount ${spec.name}`);
  const initId = `${mountId}-init`;

  const init = { cacheId: initId, ...addOverlayDirectory(store, initId, image.top) };
  addOverlayDirectory(store, mountId, init);
  writeFiles(store, initId, INIT_FILES);
  writeFiles(store, mountId, spec.files ?? {});

  const mount = join(store.paths.mounts, id);
  mkdirSync(mount, { mode: 0o755 });
  writeFileSync(join(mount, 'mount-id'), mountId, { mode: 0o644 });
  writeFileSync(join(mount, 'init-id'), initId, { mode: 0o644 });
  if (image.top !== undefined) {
    writeFileSync(join(mount, 'parent'), image.top.chainId, { mode: 0o644 });
  }

  const directory = join(store.paths.containers, id);
  mkdirSync(directory, { mode: 0o710 });
  mkdirSync(join(directory, 'checkpoints'), { mode: 0o700 });
  const config = goJson(containerConfig(id, spec, image));
  writeFileSync(join(directory, 'config.v2.json'), `${config}\n`, { mode: 0o600 });
  writeFileSync(join(directory, 'hostconfig.json'), `${goJson(hostConfig(spec))}\n`, {
    mode: 0o644,
  });
  return { name: spec.name, id, mountId, initId };
}

function writeFiles(store: LayerStore, name: string, files: Record<string, FileSpec>): void {
  const diff = join(store.paths.overlay, name, 'diff');
  writeLayerFiles(diff, entriesOf({ files }), store.postponed);
  chmodSync(diff, 0o755);
}

/** moby's setupInitLayer (20.10): what every container finds whatever its image. */
const INIT_FILES: Record<string, FileSpec> = {
  '.dockerenv': { mode: 0o755 },
  'dev/console': { mode: 0o755 },
  'dev/pts': { kind: 'dir' },
  'dev/shm': { kind: 'dir' },
  'etc/hostname': { mode: 0o755 },
  'etc/hosts': { mode: 0o755 },
  'etc/mtab': { kind: 'symlink', target: '/proc/mounts' },
  'etc/resolv.conf': { mode: 0o755 },
  proc: { kind: 'dir' },
  sys: { kind: 'dir' },
};

function pidOf({ running }: ContainerSpec): number {
  if (running === undefined || running === false) return 0;
  return running === true ? process.pid : running;
}

/** config.v2.json as 20.10 encodes it (a Go json.Encoder, hence the newline after it). */
function containerConfig(id: string, spec: ContainerSpec, image: ContainerImage): object {
  const pid = pidOf(spec);
  const command = [image.config['Entrypoint'], image.config['Cmd']].flatMap((part) =>
    Array.isArray(part) ? (part as string[]) : [],
  );
  return {
    StreamConfig: {},
    State: {
      Running: pid !== 0,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      RemovalInProgress: false,
      Dead: false,
      Pid: pid,
      ExitCode: 0,
      Error: '',
      StartedAt: pid === 0 ? NEVER : '2020-01-02T00:00:00.5Z',
      FinishedAt: NEVER,
      Health: null,
    },
    ID: id,
    Created: '2020-01-02T00:00:00.25Z',
    Managed: false,
    Path: command[0] ?? '/bin/sh',
    Args: command.slice(1),
    Config: inDockerOrder({
      ...image.config,
      Hostname: id.slice(0, 12),
      Image: spec.imageName ?? image.displayName,
      Labels: image.config['Labels'] ?? {},
    }),
    Image: image.imageId,
    NetworkSettings: NETWORK_SETTINGS,
    LogPath: '',
    Name: `/${spec.name}`,
    Driver: 'overlay2',
    OS: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    RestartCount: 0,
    HasBeenStartedBefore: pid !== 0,
    HasBeenManuallyStopped: false,
    MountPoints: {},
    SecretReferences: null,
    ConfigReferences: null,
    AppArmorProfile: '',
    HostnamePath: '',
    HostsPath: '',
    ShmPath: '',
    ResolvConfPath: '',
    SeccompProfile: '',
    NoNewPrivileges: false,
    LocalLogCacheMeta: { HaveNotifyEnabled: false },
  };
}

function hostConfig(spec: ContainerSpec): object {
  return {
    Binds: null,
    ContainerIDFile: '',
    LogConfig: { Type: 'json-file', Config: {} },
    NetworkMode: 'none',
    PortBindings: {},
    RestartPolicy: { Name: spec.restartPolicy ?? 'no', MaximumRetryCount: 0 },
    AutoRemove: spec.autoRemove ?? false,
    VolumeDriver: '',
    VolumesFrom: null,
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: 'host',
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 67_108_864,
    Runtime: 'runc',
    ConsoleSize: [0, 0],
    Isolation: '',
  };
}

const NEVER = '0001-01-01T00:00:00Z';

const NETWORK_SETTINGS = {
  Bridge: '',
  SandboxID: '',
  HairpinMode: false,
  LinkLocalIPv6Address: '',
  LinkLocalIPv6PrefixLen: 0,
  Networks: {
    none: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      NetworkID: '',
      EndpointID: '',
      Gateway: '',
      IPAddress: '',
      IPPrefixLen: 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      MacAddress: '',
      DriverOpts: null,
      IPAMOperational: false,
    },
  },
  Service: null,
  Ports: null,
  SandboxKey: '',
  SecondaryIPAddresses: null,
  SecondaryIPv6Addresses: null,
  IsAnonymousEndpoint: false,
  HasSwarmEndpoint: false,
};
