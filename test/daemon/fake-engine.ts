import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** What a fake dockerd says to `GET /info`, say: a status and a body; 'silence' never answers. */
export type FakeAnswer = { readonly status?: number; readonly body?: unknown } | 'silence';

export interface FakeEngine {
  /** `GET /info`, in the order they came. */
  readonly calls: string[];
  close(): Promise<void>;
}

/** Listens on a unix socket and answers from a table; 404 with dockerd's error body for the rest. */
export async function fakeEngine(
  socketPath: string,
  answers: Readonly<Record<string, FakeAnswer>>,
): Promise<FakeEngine> {
  const calls: string[] = [];
  const server: Server = createServer((request, response) => {
    const call = `${request.method ?? ''} ${request.url ?? ''}`;
    calls.push(call);
    const answer = answers[call] ?? { status: 404, body: { message: `no such thing: ${call}` } };
    if (answer === 'silence') return;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
