import { RebaseError } from '../errors.ts';
import type { ContainersRecord, DaemonService } from './daemon-service.ts';
import type { EngineApi } from './engine-api.ts';

/** Every call is a connection of its own. */
const STOPS_AT_ONCE = 16;

/**
 * Takes the containers and a client of their daemon, returns the service that stops them in its
 * place: the daemon goes on running, so a start has only to find it there. What is started again is
 * for the caller to say.
 */
export function containersService(
  record: ContainersRecord,
  engine: Pick<EngineApi, 'ping' | 'socketPath' | 'stopContainer'>,
): DaemonService {
  const { containers } = record;
  return {
    kind: 'containers',
    record,
    describe: () => `docker stop ${containers.map(({ name, id }) => name || id).join(' ')}`,
    async stop() {
      // Without a daemon nothing is to be stopped through it.
      if (!(await engine.ping())) return;
      for (let at = 0; at < containers.length; at += STOPS_AT_ONCE) {
        const some = containers.slice(at, at + STOPS_AT_ONCE);
        const ends = await Promise.allSettled(some.map(({ id }) => engine.stopContainer(id)));
        const failed = ends.find((end) => end.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
      }
    },
    async start() {
      try {
        if (await engine.ping()) return { state: 'up', warnings: [] };
      } catch (error) {
        if (!(error instanceof RebaseError)) throw error;
      }
      return {
        state: 'unknown',
        message: `no dockerd answers at ${engine.socketPath}`,
        hint: 'start dockerd first',
      };
    },
  };
}
