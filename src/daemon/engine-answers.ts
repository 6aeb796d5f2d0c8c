import {
  asRecord,
  asRecords,
  numberOr,
  recordOr,
  requiredText,
  textOr,
  textsOr,
} from './foreign-json.ts';

/** `GET /info`, as far as it is used. */
export interface DaemonInfo {
  /** With userns-remap it is `<data-root>/<uid>.<gid>` (store.md §3). */
  readonly dockerRootDir: string;
  readonly driver: string;
  readonly driverStatus: readonly (readonly [string, string])[];
  readonly serverVersion: string;
  readonly liveRestoreEnabled: boolean;
  /** The host's name. */
  readonly name: string;
}

/** One image of `GET /images/json`. */
export interface ListedImage {
  /** `sha256:` and 64 hex digits. */
  readonly id: string;
  /** Familiar names, `alpine:3.12`; empty for an untagged image. */
  readonly repoTags: readonly string[];
  /** `alpine@sha256:...`. */
  readonly repoDigests: readonly string[];
  /** '' when dockerd knows none. */
  readonly parentId: string;
}

/** `GET /images/<name>/json`, as far as it is used. */
export type InspectedImage = Pick<ListedImage, 'id' | 'repoTags' | 'repoDigests'>;

/** One container of `GET /containers/json`. */
export interface ListedContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly names: readonly string[];
  readonly imageId: string;
  /** The name it was created with, or an ID when that name has moved. */
  readonly image: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
  /** As `docker ps` prints it: `Up 4 seconds (Paused)`. */
  readonly status: string;
}

/** `GET /containers/<id>/json`, as far as a restart of the daemon needs it. */
export interface InspectedContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: string;
  /** The name it was created with. */
  readonly image: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
  /** 0 when it does not run. */
  readonly pid: number;
  /** Of its last run; 0 while it runs. */
  readonly exitCode: number;
  readonly restartCount: number;
  readonly restartPolicy: {
    /** no, always, unless-stopped or on-failure. */
    readonly name: string;
    /** 0 is without limit. */
    readonly maximumRetryCount: number;
  };
  /** `--rm`. */
  readonly autoRemove: boolean;
}

/** What `DELETE /images/<name>` did. */
export interface RemovedImage {
  readonly untagged: readonly string[];
  readonly deleted: readonly string[];
}

/** Takes the parsed body of `GET /info`; throws DAEMON_FAILED when it is not one. */
export function readInfo(body: unknown): DaemonInfo {
  const info = asRecord(body, 'info');
  return {
    dockerRootDir: requiredText(info, 'DockerRootDir'),
    driver: textOr(info, 'Driver'),
    driverStatus: pairs(info['DriverStatus']),
    serverVersion: textOr(info, 'ServerVersion'),
    liveRestoreEnabled: info['LiveRestoreEnabled'] === true,
    name: textOr(info, 'Name'),
  };
}

/** Takes the parsed body of `GET /images/json`; throws DAEMON_FAILED when it is not one. */
export function readImageList(body: unknown): ListedImage[] {
  return asRecords(body, 'image list').map((image) => ({
    ...readImage(image),
    parentId: textOr(image, 'ParentId'),
  }));
}

/** Takes the parsed body of `GET /images/<name>/json`; throws DAEMON_FAILED when it is not one. */
export function readImage(body: unknown): InspectedImage {
  const image = asRecord(body, 'image');
  return {
    id: requiredText(image, 'Id'),
    // dockerd up to 23 names an untagged image <none>:<none>, and newer ones say null or [].
    repoTags: textsOr(image, 'RepoTags').filter((name) => name !== '<none>:<none>'),
    repoDigests: textsOr(image, 'RepoDigests').filter((name) => name !== '<none>@<none>'),
  };
}

/** Takes the parsed body of `GET /containers/json`; throws DAEMON_FAILED when it is not one. */
export function readContainerList(body: unknown): ListedContainer[] {
  return asRecords(body, 'container list').map((container) => ({
    id: requiredText(container, 'Id'),
    names: textsOr(container, 'Names').map(withoutSlash),
    imageId: textOr(container, 'ImageID'),
    image: textOr(container, 'Image'),
    state: textOr(container, 'State'),
    status: textOr(container, 'Status'),
  }));
}

/** Takes the parsed body of `GET /containers/<id>/json`; throws DAEMON_FAILED when it is not one. */
export function readContainer(body: unknown): InspectedContainer {
  const container = asRecord(body, 'container');
  const state = recordOr(container, 'State');
  const host = recordOr(container, 'HostConfig');
  const policy = recordOr(host, 'RestartPolicy');
  return {
    id: requiredText(container, 'Id'),
    name: withoutSlash(textOr(container, 'Name')),
    imageId: textOr(container, 'Image'),
    image: textOr(recordOr(container, 'Config'), 'Image'),
    state: textOr(state, 'Status'),
    pid: numberOr(state, 'Pid'),
    exitCode: numberOr(state, 'ExitCode'),
    restartCount: numberOr(container, 'RestartCount'),
    restartPolicy: {
      // '' is what containers of old API versions have, and means no.
      name: textOr(policy, 'Name') || 'no',
      maximumRetryCount: numberOr(policy, 'MaximumRetryCount'),
    },
    autoRemove: host['AutoRemove'] === true,
  };
}

/** Takes the parsed body of `DELETE /images/<name>`; throws DAEMON_FAILED when it is not one. */
export function readRemoval(body: unknown): RemovedImage {
  const items = asRecords(body, 'removal');
  return {
    untagged: items.map((item) => textOr(item, 'Untagged')).filter((name) => name !== ''),
    deleted: items.map((item) => textOr(item, 'Deleted')).filter((id) => id !== ''),
  };
}

function pairs(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown): [string, string][] => {
    if (!Array.isArray(pair)) return [];
    const [key, text] = pair as unknown[];
    return typeof key === 'string' && typeof text === 'string' ? [[key, text]] : [];
  });
}

function withoutSlash(name: string): string {
  return name.startsWith('/') ? name.slice(1) : name;
}
