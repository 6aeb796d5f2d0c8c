/** A dockerd that knows containers: what it is asked to stop and start, and when. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { makeTempDir } from '../../support/temp-dir.ts';

export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  state: string;
  readonly autoRemove?: boolean;
  /** Its stop is answered with an error. */
  readonly stuck?: boolean;
  /** It does not start while this one is not running. */
  readonly needs?: string;
}

export interface FakeContainers {
  readonly socketPath: string;
  /** `stop box`, `start box`, in the order they came. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** A status and a body. */
type Reply = readonly [number, unknown?];

/** Serves the containers of a data-root; `seen` is told of every stop and start before it is done. */
export async function fakeContainers(
  root: string,
  containers: readonly FakeContainer[],
  seen: (call: string) => void = () => undefined,
): Promise<FakeContainers> {
  const calls: string[] = [];
  const change = (container: FakeContainer, verb: string): Reply => {
    const call = `${verb} ${container.name}`;
    calls.push(call);
    seen(call);
    if (verb === 'stop' && container.stuck === true) return [500, { message: 'it does not end' }];
    const needed = containers.find(({ name }) => name === container.needs);
    if (verb === 'start' && needed !== undefined && needed.state !== 'running') {
      return [409, { message: `${needed.name} does not run` }];
    }
    container.state = verb === 'stop' ? 'exited' : 'running';
    return [204];
  };
  const reply = (path: string): Reply => {
    if (path === '/_ping') return [200, 'OK'];
    if (path === '/info') return [200, { DockerRootDir: root }];
    if (path === '/images/json?all=1') return [200, []];
    if (path === '/containers/json?all=1') return [200, containers.map(listed)];
    const [, id, verb = ''] = /^\/containers\/([0-9a-f]+)\/(\w+)$/.exec(path) ?? [];
    const container = containers.find((one) => one.id === id);
    if (container === undefined) return [404, { message: `no such thing: ${path}` }];
    return verb === 'json' ? [200, inspected(container)] : change(container, verb);
  };
  const server = createServer((request, response) => {
    const [status, body] = reply(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  });
  const socketPath = join(makeTempDir(), 'docker.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function listed({ id, name, state }: FakeContainer): object {
  return { Id: id, Names: [`/${name}`], State: state };
}

function inspected({ id, name, state, autoRemove = false }: FakeContainer): object {
  return {
    Id: id,
    Name: `/${name}`,
    State: { Status: state },
    HostConfig: { AutoRemove: autoRemove },
  };
}
