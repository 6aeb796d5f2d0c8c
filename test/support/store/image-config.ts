/** The image JSON in dockerd 20.10's own bytes: compact, Go's escapes, Go's key order. */
import { goJson, sortKeys } from './go-json.ts';
import { sha256Hex } from './ids.ts';
import type { DockerConfig, HistoryEntry, ImageSpec } from './store-spec.ts';

/** What the config needs to know besides its own spec. */
export interface ConfigContext {
  /** Position in the store; makes `created` differ from image to image. */
  readonly index: number;
  readonly diffIds: readonly string[];
  readonly parent?:
    | {
        readonly imageId: string;
        readonly config: DockerConfig;
        readonly history: readonly HistoryEntry[] | undefined;
      }
    | undefined;
}

export interface ImageConfig {
  readonly text: string;
  readonly config: DockerConfig;
  readonly history: readonly HistoryEntry[] | undefined;
}

/** Prints the config of an image, and keeps the parts that its descendants start from. */
export function imageConfigOf(image: ImageSpec, context: ConfigContext): ImageConfig {
  const created = image.created ?? timeOf(context.index);
  const config: DockerConfig = {
    ...(context.parent?.config ?? DEFAULT_CONFIG),
    Image: context.parent?.imageId ?? '',
    ...image.config,
  };
  const history = historyOf(image, context, created);
  const printed = goJson(
    sortKeys<unknown>({
      architecture: image.architecture ?? 'amd64',
      config: inDockerOrder(config),
      ...(image.buildkit === true ? {} : classicKeys(config, created)),
      created,
      ...(history === undefined ? {} : { history: history.map(historyInOrder) }),
      os: image.os ?? 'linux',
      rootfs: { type: 'layers', diff_ids: context.diffIds },
      ...(image.variant === undefined ? {} : { variant: image.variant }),
      ...image.extra,
    }),
  );
  return { text: image.configText?.(printed) ?? printed, config, history };
}

/** A time of its own for each image, in RFC3339Nano. */
export function timeOf(index: number): string {
  const seconds = new Date((1_577_836_800 + index) * 1000).toISOString().slice(0, 19);
  return `${seconds}.123456789Z`;
}

/** The `config` object as Go prints the struct: its fields in order, maps sorted. */
export function inDockerOrder(config: DockerConfig): Record<string, unknown> {
  const { before, after } = {
    before: FIELD_ORDER.filter((key) => key in config),
    after: Object.keys(config).filter((key) => !FIELD_ORDER.includes(key)),
  };
  return Object.fromEntries(
    [...before, ...after].map((key) => {
      const value = config[key];
      return [key, MAPS.includes(key) && isRecord(value) ? sortKeys(value) : value];
    }),
  );
}

/** Keys that the classic builder writes and BuildKit does not. */
function classicKeys(config: DockerConfig, created: string): Record<string, unknown> {
  return {
    container: sha256Hex(`container ${created}`),
    container_config: inDockerOrder({
      ...config,
      Hostname: sha256Hex(`container ${created}`).slice(0, 12),
      Cmd: ['/bin/sh', '-c', '#(nop) ', `CMD ${JSON.stringify(config['Cmd'] ?? [])}`],
    }),
    docker_version: '20.10.24+dfsg1',
  };
}

function historyOf(
  image: ImageSpec,
  context: ConfigContext,
  created: string,
): readonly HistoryEntry[] | undefined {
  if (image.history === 'absent') return undefined;
  if (image.history !== undefined && image.history !== 'consistent') return image.history;
  const layers = (image.layers ?? []).map((layer, i): HistoryEntry => {
    const text = layer.createdBy ?? `/bin/sh -c make-layer ${String(i + 1)} of ${image.name}`;
    return image.buildkit === true
      ? { created, created_by: text, comment: 'buildkit.dockerfile.v0' }
      : { created, created_by: text };
  });
  const empty = (image.emptyHistory ?? []).map((text): HistoryEntry => {
    return { created, created_by: text, empty_layer: true };
  });
  return [...(context.parent?.history ?? []), ...layers, ...empty];
}

function historyInOrder(entry: HistoryEntry): HistoryEntry {
  const { created, author, created_by, comment, empty_layer, ...unknown } = entry;
  // JSON leaves out the fields that are undefined, as Go's omitempty does.
  return { created, author, created_by, comment, empty_layer, ...unknown } as HistoryEntry;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAPS: readonly string[] = ['ExposedPorts', 'Volumes', 'Labels'];

// moby v20.10.24 api/types/container/config.go: Config
const FIELD_ORDER: readonly string[] = [
  'Hostname',
  'Domainname',
  'User',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'ExposedPorts',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'Env',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Image',
  'Volumes',
  'WorkingDir',
  'Entrypoint',
  'NetworkDisabled',
  'MacAddress',
  'OnBuild',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'Shell',
];

const DEFAULT_CONFIG: DockerConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cmd: ['/bin/sh'],
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};
