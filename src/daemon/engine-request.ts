import http from 'node:http';
import net from 'node:net';
import { text as wholeText } from 'node:stream/consumers';
import { RebaseError } from '../errors.ts';
import { isRecord } from './foreign-json.ts';

/** One call to the Engine API. */
export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Absolute and unversioned, with its query. */
  readonly path: string;
  /** From the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  /** Statuses of 300 and above that are an answer to this call, not a failure of it. */
  readonly accept?: readonly number[];
}

/** What came back: the HTTP status and the body, parsed when it is JSON and undefined when empty. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** `away`: nobody listens at the socket, so certainly no daemon answers there. */
export type EngineResult = EngineAnswer | 'away';

/** Sends calls to one socket. */
export interface EngineTransport {
  send(call: EngineCall): Promise<EngineResult>;
}

/**
 * Takes the path of a unix socket, returns the transport to it; nothing is opened before the first
 * call. `send` throws IN_USE for HTTP 409 and DAEMON_FAILED for every other failure, with the
 * `message` of dockerd's error body (moby api/server/httputils, `ErrorResponse`).
 */
export function engineTransport(socketPath: string): EngineTransport {
  return {
    async send(call) {
      const answered = await exchange(socketPath, call);
      if (answered instanceof Error) return failed(answered, call, socketPath);
      const body = parsed(answered.text, answered.contentType);
      if (answered.status < 300 || (call.accept ?? []).includes(answered.status)) {
        return { status: answered.status, body };
      }
      throw refusal(answered.status, body, call);
    },
  };
}

class TimeoutError extends Error {}

interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

async function exchange(
  socketPath: string,
  { method, path, timeoutMs }: EngineCall,
): Promise<RawAnswer | Error> {
  // A connection for each call: a kept one would belong to the dockerd before the restart.
  const createConnection = (): net.Socket => net.connect(socketPath);
  const request = http.request({ createConnection, method, path, host: 'docker' });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(() => {
      resolve(new TimeoutError());
      request.destroy();
    }, timeoutMs);
  });
  try {
    return await Promise.race([answerTo(request), late]);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
}

async function answerTo(request: http.ClientRequest): Promise<RawAnswer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request
      .on('response', resolve)
      .on('error', reject)
      // Neither answered nor failed: it wants to speak another protocol.
      .on('close', () => {
        reject(new Error('the connection was closed without an answer'));
      })
      .end();
  });
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: await wholeText(response),
  };
}

function parsed(text: string, contentType: string): unknown {
  if (text === '' || !contentType.includes('json')) return text === '' ? undefined : text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new RebaseError('DAEMON_FAILED', 'dockerd answered with broken JSON', { cause });
  }
}

const AWAY = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

function failed(error: Error, call: EngineCall, socketPath: string): 'away' {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && AWAY.includes(code)) return 'away';
  if (error instanceof TimeoutError) {
    const seconds = String(call.timeoutMs / 1000);
    throw new RebaseError(
      'DAEMON_FAILED',
      `dockerd did not answer ${call.method} ${call.path} within ${seconds} s`,
      { hint: 'journalctl -u docker.service -n 50', cause: error },
    );
  }
  throw new RebaseError('DAEMON_FAILED', `cannot talk to unix://${socketPath}: ${error.message}`, {
    hint: 'run as root, or name the socket with --host unix:///path',
    cause: error,
  });
}

function refusal(status: number, body: unknown, call: EngineCall): RebaseError {
  const said = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : undefined;
  const message = said ?? `HTTP ${String(status)} to ${call.method} ${call.path}`;
  return new RebaseError(
    status === 409 ? 'IN_USE' : 'DAEMON_FAILED',
    `Error response from daemon: ${message}`,
  );
}
