/** A socket before dockerd's: a test can do something at a call that the command makes. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { tempFolder } from './cleanup.ts';
import type { Engine } from './engine.ts';

export interface SocketProxy {
  /** For the command: the same engine behind the proxy's socket. */
  readonly engine: Engine;
  readonly stop: () => Promise<void>;
}

export interface CallHook {
  /** The calls that begin with this: `GET /images/json`. */
  readonly call: string;
  /** Which of them, from 1. */
  readonly nth: number;
  /** Done before dockerd gets the call, or once it has answered and the command has not heard yet. */
  readonly when: 'before' | 'answered';
  readonly work: () => Promise<unknown>;
}

/** Puts a proxy before the engine's socket. Every connection carries one call. */
export async function proxyOf(engine: Engine, hook: CallHook): Promise<SocketProxy> {
  const path = join(tempFolder(), 'proxy.sock');
  const open = new Set<Socket>();
  let seen = 0;
  const server = createServer((client) => {
    void serve(client);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    engine: { ...engine, socket: path },
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  async function serve(client: Socket): Promise<void> {
    track(client);
    const [request] = (await once(client, 'data')) as [Buffer];
    const hooked = request.toString('latin1').startsWith(hook.call) && (seen += 1) === hook.nth;
    if (hooked && hook.when === 'before') await hook.work();
    const daemon = connect(engine.socket);
    track(daemon);
    daemon.on('error', () => client.destroy());
    daemon.write(request);
    client.pipe(daemon);
    if (hooked && hook.when === 'answered') {
      const [answer] = (await once(daemon, 'data')) as [Buffer];
      daemon.pause();
      await hook.work();
      client.write(answer);
    }
    daemon.pipe(client);
  }

  function track(socket: Socket): void {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  }
}
