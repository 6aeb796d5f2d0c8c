import type { RunningDockerd } from './dockerd-process.ts';
import type { EngineApi } from './engine-api.ts';
import type { RunTool } from './run-tool.ts';

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
export type ServiceRecord = SystemdRecord | CommandRecord | ContainersRecord;

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

/** Containers that are stopped while their daemon goes on running. */
export interface ContainersRecord {
  readonly kind: 'containers';
  readonly containers: readonly { readonly id: string; readonly name: string }[];
}

/** The daemon that a service acts on. */
export interface ServiceContext {
  readonly dataRoot: string;
  /** A client of the socket that the daemon answers at when it is up. */
  readonly engine: Pick<EngineApi, 'ping' | 'socketPath' | 'stopContainer'>;
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

/** How a start of the daemon ended. */
export type StartOutcome =
  /** The daemon of this data-root answers; warnings are one line each. */
  | { readonly state: 'up'; readonly warnings: readonly string[] }
  /** Positive evidence that it will not come up by itself: may undo a transaction. */
  | { readonly state: 'failed'; readonly message: string; readonly hint: string }
  /** No answer in time, which proves nothing: must not undo a transaction. */
  | { readonly state: 'unknown'; readonly message: string; readonly hint: string };
