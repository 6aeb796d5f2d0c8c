import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { RebaseError } from '../errors.ts';
import { DEFAULT_SOCKET } from './dockerd-argv.ts';
import { isRecord, recordOr, textOr, type ForeignRecord } from './foreign-json.ts';

/** Where the choice of the daemon can come from. */
export interface EndpointRequest {
  /** `--host`. */
  readonly host?: string | undefined;
  /** `--context`. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home directory, for `.docker/config.json`. */
  readonly home: string;
  /** The text of a file; undefined when there is none, and throws when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
}

/** The source of a socket that nobody has named. */
export const DEFAULT_SOURCE = 'default';

/** The socket to talk to, and who named it (for messages). */
export interface Endpoint {
  /** Absolute. */
  readonly socketPath: string;
  readonly source: string;
}

/**
 * Takes the flags, the environment, the home directory and a reader; returns the socket that the
 * docker CLI would talk to: --host or --context, DOCKER_HOST, DOCKER_CONTEXT, `currentContext` of
 * config.json, else /var/run/docker.sock (measured, libraries.md §4; docker/cli
 * cli/command/cli.go, resolveContextName). Throws USAGE for both flags at once, for a context that
 * is not there, and for a daemon on another host.
 */
export function chooseEndpoint(request: EndpointRequest): Endpoint {
  const flagHost = given(request.host);
  const flagContext = given(request.context);
  if (flagHost !== undefined && flagContext !== undefined) {
    throw new RebaseError('USAGE', '--host and --context cannot be used together', {
      hint: 'give one of them',
    });
  }
  if (flagHost !== undefined) return onThisHost(flagHost, '--host');
  if (flagContext !== undefined) return ofContext(flagContext, '--context', request);
  return fromEnvironment(request);
}

function fromEnvironment(request: EndpointRequest): Endpoint {
  const host = given(request.env['DOCKER_HOST']);
  if (host !== undefined) return onThisHost(host, 'DOCKER_HOST');
  const context = given(request.env['DOCKER_CONTEXT']);
  if (context !== undefined) return ofContext(context, 'DOCKER_CONTEXT', request);
  const file = join(configFolder(request), 'config.json');
  const current = given(textOr(readRecord(file, request) ?? {}, 'currentContext'));
  if (current !== undefined) return ofContext(current, `currentContext of ${file}`, request);
  return { socketPath: DEFAULT_SOCKET, source: DEFAULT_SOURCE };
}

function ofContext(name: string, source: string, request: EndpointRequest): Endpoint {
  // The context of this name is not on disk: it stands for DOCKER_HOST or the default socket.
  if (name === 'default') {
    const host = given(request.env['DOCKER_HOST']);
    return host === undefined
      ? { socketPath: DEFAULT_SOCKET, source }
      : onThisHost(host, 'DOCKER_HOST');
  }
  const folder = createHash('sha256').update(name).digest('hex');
  const file = join(configFolder(request), 'contexts', 'meta', folder, 'meta.json');
  const meta = readRecord(file, request);
  if (meta === undefined) {
    throw new RebaseError('USAGE', `the docker context "${name}" (${source}) does not exist`, {
      hint: 'docker context ls; sudo changes HOME and drops DOCKER_ variables',
    });
  }
  const host = textOr(recordOr(recordOr(meta, 'Endpoints'), 'docker'), 'Host');
  return onThisHost(host, `context "${name}" (${source})`);
}

function onThisHost(host: string, source: string): Endpoint {
  if (!host.startsWith('unix://')) {
    throw new RebaseError('USAGE', `${source} names ${host || 'no host'}, not a unix:// socket`, {
      hint: 'the image store is edited on this host: run there, with --host unix:///var/run/docker.sock',
    });
  }
  const socketPath = host.slice('unix://'.length) || DEFAULT_SOCKET;
  if (!socketPath.startsWith('/')) {
    throw new RebaseError('USAGE', `${source} names ${host}: the socket's path is not absolute`, {
      hint: `unix:///${socketPath}`,
    });
  }
  return { socketPath, source };
}

function configFolder(request: EndpointRequest): string {
  return given(request.env['DOCKER_CONFIG']) ?? join(request.home, '.docker');
}

function readRecord(file: string, request: EndpointRequest): ForeignRecord | undefined {
  const text = request.readText(file);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw unreadable(file, undefined);
}

/** A guess instead could be another daemon than the one that `docker` on this host talks to. */
function unreadable(file: string, cause: unknown): RebaseError {
  return new RebaseError('USAGE', `${file} is not a JSON object`, {
    hint: 'mend it, or name the daemon with --host unix:///var/run/docker.sock',
    cause,
  });
}

function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : trimmed;
}
