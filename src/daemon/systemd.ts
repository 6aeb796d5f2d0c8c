import { existsSync } from 'node:fs';

import { RebaseError } from '../errors.ts';
import { commandLine, type RunTool, type ToolResult } from './run-tool.ts';
import type {
  DaemonService,
  ServiceContext,
  StartOutcome,
  SystemdRecord,
} from './daemon-service.ts';
import { armDeadMan, disarmDeadMan } from './systemd-dead-man.ts';
import { dependentsOf, showUnits } from './systemd-units.ts';
import { waitUntilStopped, waitUntilUp } from './wait-for-daemon.ts';

const UNIT = 'docker.service';
const SOCKET = 'docker.socket';
const HINT = `journalctl -u ${UNIT} -n 50`;

/**
 * Takes the daemon and systemd's folder, returns what has to be known to stop and start it through
 * systemd; undefined when systemd is not the init system or docker.service's main process is not this
 * dockerd. Changes nothing.
 */
export async function recordSystemd(
  { dockerd, run }: ServiceContext,
  systemdFolder: string,
): Promise<SystemdRecord | undefined> {
  if (dockerd?.pid === undefined || !existsSync(systemdFolder)) return undefined;
  const [service, socket] = await unitsOrNone(run);
  if (service?.mainPid !== dockerd.pid) return undefined;
  const hasSocket = socket?.loaded === true;
  return {
    kind: 'systemd',
    unit: UNIT,
    ...(hasSocket ? { socket: SOCKET } : {}),
    socketActive: hasSocket && socket.active,
    dependents: await dependentsOf(hasSocket ? [UNIT, SOCKET] : [UNIT], run),
  };
}

/**
 * Takes the record and the daemon, returns the service. stop() first arms a timer that starts docker
 * should this process vanish (systemd-run(1)); a start() that brings docker up disarms it. `docker.socket`
 * stops too, since it would start dockerd at the next client's call (store.md §3). Every start is
 * preceded by `reset-failed`: failed starts count against the unit's start limit (store.md §9).
 */
export function systemdService(record: SystemdRecord, context: ServiceContext): DaemonService {
  const { run, transaction, deadManSeconds = 600 } = context;
  const { unit, socket, socketActive, dependents } = record;
  const stopped = socket === undefined ? [unit] : [socket, unit];
  const startedFirst = socketActive && socket !== undefined ? [socket] : [];
  const started = [...startedFirst, unit, ...dependents];

  return {
    kind: 'systemd',
    record,
    describe: () => `systemctl stop ${stopped.join(' ')}; systemctl start ${started.join(' ')}`,
    async stop() {
      await armDeadMan({ transaction, units: started, seconds: deadManSeconds }, run);
      const args = ['stop', ...stopped];
      const result = await run('systemctl', args);
      if (result.code !== 0) throw refused(args, result);
      await waitUntilStopped(context);
    },
    async start() {
      // Fails for a unit that is not loaded, where there is nothing to reset.
      await run('systemctl', ['reset-failed', ...stopped]);
      const warnings = await startUnits(startedFirst, run);
      const args = ['start', '--no-block', unit];
      const result = await run('systemctl', args);
      if (result.code !== 0) {
        return { state: 'failed', message: refused(args, result).message, hint: HINT };
      }
      const outcome: StartOutcome = await waitUntilUp(context, () => failureOf(unit, run), HINT);
      if (outcome.state !== 'up') return outcome;
      warnings.push(...(await startUnits(dependents, run)));
      warnings.push(...(await disarmDeadMan(transaction, run)));
      return { state: 'up', warnings };
    },
  };
}

async function unitsOrNone(run: RunTool): ReturnType<typeof showUnits> {
  try {
    return await showUnits([UNIT, SOCKET], run);
  } catch (error) {
    // systemd's folder is visible in some containers that have no systemctl.
    if (error instanceof RebaseError && error.code === 'TOOL_MISSING') return [];
    throw error;
  }
}

/** `activating (auto-restart)` is no failure: systemd tries again until the start limit is hit. */
async function failureOf(unit: string, run: RunTool): Promise<string | undefined> {
  try {
    const [state] = await showUnits([unit], run);
    return state?.failed === true ? `${unit} has failed (${state.result})` : undefined;
  } catch (error) {
    // A systemd that does not answer says nothing about dockerd.
    if (error instanceof RebaseError) return undefined;
    throw error;
  }
}

/** Returns a warning, not an error: docker is what counts, and these are named to the user. */
async function startUnits(units: readonly string[], run: RunTool): Promise<string[]> {
  if (units.length === 0) return [];
  const args = ['start', ...units];
  try {
    const result = await run('systemctl', args);
    return result.code === 0 ? [] : [refused(args, result).message];
  } catch (error) {
    if (error instanceof RebaseError) return [error.message];
    throw error;
  }
}

function refused(args: readonly string[], result: ToolResult): RebaseError {
  const said = result.stderr.trim().split('\n').join('; ') || `exit code ${String(result.code)}`;
  return new RebaseError('DAEMON_FAILED', `${commandLine('systemctl', args)}: ${said}`, {
    hint: HINT,
  });
}
