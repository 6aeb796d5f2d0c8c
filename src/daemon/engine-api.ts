import { RebaseError } from '../errors.ts';
import type {
  InspectedContainer,
  InspectedImage,
  ListedContainer,
  ListedImage,
  DaemonInfo,
} from './engine-answers.ts';
import {
  readContainer,
  readContainerList,
  readImage,
  readImageList,
  readInfo,
  readRemoval,
  type RemovedImage,
} from './engine-answers.ts';
import { engineTransport, type EngineAnswer, type EngineCall } from './engine-request.ts';

/**
 * The calls to a running dockerd that this program makes, and no others. Every call throws
 * DAEMON_FAILED when nobody listens at the socket, when the answer does not come in time, or with
 * dockerd's own message; IN_USE when dockerd answers with a conflict. Docker Engine API reference.
 */
export interface EngineApi {
  readonly socketPath: string;
  /**
   * Whether a daemon answers. false only when nobody listens at the socket (or hangs up);
   * DAEMON_FAILED when somebody listens and does not answer within `timeoutMs`, as a dockerd that is
   * starting does.
   */
  ping(options?: { readonly timeoutMs?: number }): Promise<boolean>;
  info(): Promise<DaemonInfo>;
  /** All images, intermediate ones too. */
  listImages(): Promise<ListedImage[]>;
  /**
   * By name; undefined when dockerd has no such image. By full ID it proves nothing of the image,
   * which dockerd reads from the disk (store.md §9); the names are from memory all the same.
   */
  inspectImage(name: string): Promise<InspectedImage | undefined>;
  /** All containers, stopped ones too. */
  listContainers(): Promise<ListedContainer[]>;
  /** undefined when there is no such container (any more). */
  inspectContainer(id: string): Promise<InspectedContainer | undefined>;
  /** Takes an ImageID (with `sha256:`), a repository and a tag. Moves the tag when it exists. */
  tagImage(imageId: string, repository: string, tag: string): Promise<void>;
  /** Takes a name (untags it) or an ID. An image that is not there any more is an empty answer. */
  removeImage(nameOrId: string, options?: RemoveImageOptions): Promise<RemovedImage>;
  /**
   * Waits until it has ended, as long as its own timeout says. Nothing to do for one that does not
   * run, or is not there. dockerd does not start it again by itself, whatever its restart policy.
   */
  stopContainer(id: string): Promise<void>;
  /** Nothing to do for a container that runs already. */
  startContainer(id: string): Promise<void>;
}

export interface RemoveImageOptions {
  readonly force?: boolean;
  /** Leave untagged parents alone. */
  readonly noPrune?: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** Listing computes the size of every layer; 10,000 images take dockerd a while the first time. */
const LISTING_FACTOR = 4;
/** A container may be given minutes to end before it is killed. */
const STOP_FACTOR = 20;

/**
 * Takes the path of dockerd's unix socket and, optionally, the time that a call may take
 * (milliseconds, 30,000 by default). Returns the client; nothing is opened before the first call.
 */
export function connectEngine(
  socketPath: string,
  options: { readonly timeoutMs?: number } = {},
): EngineApi {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const transport = engineTransport(socketPath);

  async function call(
    request: Omit<EngineCall, 'timeoutMs'>,
    limit = timeoutMs,
  ): Promise<EngineAnswer> {
    const result = await transport.send({ ...request, timeoutMs: limit });
    if (result === 'away') throw noDaemon(socketPath);
    return result;
  }

  async function found(path: string): Promise<unknown> {
    const answer = await call({ method: 'GET', path, accept: [404] });
    return answer.status === 404 ? undefined : answer.body;
  }

  return {
    socketPath,
    async ping(limits = {}) {
      const limit = limits.timeoutMs ?? timeoutMs;
      return (await transport.send({ method: 'GET', path: '/_ping', timeoutMs: limit })) !== 'away';
    },
    async info() {
      return readInfo((await call({ method: 'GET', path: '/info' })).body);
    },
    async listImages() {
      const path = '/images/json?all=1';
      return readImageList((await call({ method: 'GET', path }, timeoutMs * LISTING_FACTOR)).body);
    },
    async inspectImage(name) {
      const body = await found(`/images/${inPath(name)}/json`);
      return body === undefined ? undefined : readImage(body);
    },
    async listContainers() {
      const path = '/containers/json?all=1';
      return readContainerList(
        (await call({ method: 'GET', path }, timeoutMs * LISTING_FACTOR)).body,
      );
    },
    async inspectContainer(id) {
      const body = await found(`/containers/${inPath(id)}/json`);
      return body === undefined ? undefined : readContainer(body);
    },
    async tagImage(imageId, repository, tag) {
      const query = new URLSearchParams({ repo: repository, tag }).toString();
      await call({ method: 'POST', path: `/images/${inPath(imageId)}/tag?${query}` });
    },
    async removeImage(nameOrId, { force = false, noPrune = false } = {}) {
      const query = `force=${force ? '1' : '0'}&noprune=${noPrune ? '1' : '0'}`;
      const path = `/images/${inPath(nameOrId)}?${query}`;
      const answer = await call({ method: 'DELETE', path, accept: [404] });
      return answer.status === 404 ? { untagged: [], deleted: [] } : readRemoval(answer.body);
    },
    async stopContainer(id) {
      const path = `/containers/${inPath(id)}/stop`;
      await call({ method: 'POST', path, accept: [304, 404] }, timeoutMs * STOP_FACTOR);
    },
    async startContainer(id) {
      await call({ method: 'POST', path: `/containers/${inPath(id)}/start`, accept: [304] });
    },
  };
}

/** Slashes stay: dockerd's routes take `name:.*` (moby api/server/router/image/image.go). */
function inPath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function noDaemon(socketPath: string): RebaseError {
  return new RebaseError('DAEMON_FAILED', `no Docker daemon answers at unix://${socketPath}`, {
    hint: 'is dockerd running? name its socket with --host unix:///path',
  });
}
