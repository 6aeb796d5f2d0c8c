import { RebaseError } from '../errors.ts';
import { commandService } from './command-service.ts';
import type { EngineApi } from './engine-api.ts';
import type { RunningDockerd } from './dockerd-process.ts';
import type { RunTool } from './run-tool.ts';
import { recordSystemd, systemdService } from './systemd.ts';
import type { StartOutcome } from './wait-for-daemon.ts';

/** A way to stop and start the dockerd of one data-root. */
export interface DaemonService {
  readonly kind: ServiceRecord['kind'];
  /** Plain JSON; with serviceFromRecord another process can start the daemon after our death. */
  readonly record: ServiceRecord;
  /** One line for the plan and the question: the commands that will run. */
  describe(): string;
  /**
   * Resolves when dockerd's lock is free and its process is gone. Throws DAEMON_FAILED otherwise: the
   * daemon may then be up, down or on its way, and start() is the way back.
   */
  stop(): Promise<void>;
  /** Does not throw for a daemon that does not come up. May be called again, and when it is up. */
  start(): Promise<StartOutcome>;
}

/** What a journal keeps of a service. */
export type ServiceRecord = SystemdRecord | CommandRecord;

export interface SystemdRecord {
  readonly kind: 'systemd';
  /** `docker.service`. */
  readonly unit: string;
  /** `docker.socket`, when there is one. */
  readonly socket?: string;
  /** Whether the socket unit was active, so that it is started again. */
  readonly socketActive: boolean;
  /** Active units that stop with docker. */
  readonly dependents: readonly string[];
}

export interface CommandRecord {
  readonly kind: 'commands';
  /** `--stop-command`, a shell command line. */
  readonly stop: string;
  /** `--start-command`, a shell command line. */
  readonly start: string;
}

/** The daemon that a service acts on. */
export interface ServiceContext {
  readonly dataRoot: string;
  /** A client of the socket that the daemon answers at when it is up. */
  readonly engine: Pick<EngineApi, 'ping' | 'socketPath'>;
  /** The dockerd that runs now; absent when it is stopped already. */
  readonly dockerd?: RunningDockerd;
  /** The transaction's number or name: a part of the name of the timer that is armed. */
  readonly transaction: string;
  readonly run: RunTool;
  /** 120,000 by default. */
  readonly stopTimeoutMs?: number;
  /** 120,000 by default. */
  readonly startTimeoutMs?: number;
  /** After how many seconds the timer starts docker should we vanish; 600 by default. */
  readonly deadManSeconds?: number;
  /** `/proc` by default. */
  readonly procPath?: string;
}

export interface ServiceChoice {
  readonly stopCommand?: string | undefined;
  readonly startCommand?: string | undefined;
  /** Exists when systemd is the init system (sd_booted(3)); `/run/systemd/system` by default. */
  readonly systemdFolder?: string;
}

/**
 * Takes the flags and the daemon, returns how to restart it: the two commands when given, else systemd
 * when docker.service's main process is this dockerd, else undefined (the user restarts it). Changes
 * nothing. Throws USAGE when only one command is given.
 */
export async function chooseService(
  choice: ServiceChoice,
  context: ServiceContext,
): Promise<DaemonService | undefined> {
  const { stopCommand, startCommand, systemdFolder = '/run/systemd/system' } = choice;
  if (stopCommand !== undefined && startCommand !== undefined) {
    return commandService({ kind: 'commands', stop: stopCommand, start: startCommand }, context);
  }
  if (stopCommand !== undefined || startCommand !== undefined) {
    const missing = stopCommand === undefined ? '--stop-command' : '--start-command';
    throw new RebaseError('USAGE', `${missing} is missing: the two commands go together`, {
      hint: "for example --stop-command 'rc-service docker stop' --start-command 'rc-service docker start'",
    });
  }
  const record = await recordSystemd(context, systemdFolder);
  return record === undefined ? undefined : systemdService(record, context);
}

/**
 * Takes what a journal kept and the daemon, returns the same service: how `resume` and `abort` start
 * a daemon that a run before them has stopped.
 */
export function serviceFromRecord(record: ServiceRecord, context: ServiceContext): DaemonService {
  return record.kind === 'systemd'
    ? systemdService(record, context)
    : commandService(record, context);
}
