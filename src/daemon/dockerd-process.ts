import { configFileOf, socketPathsOf } from './dockerd-argv.ts';
import { dockerdLockPath, isDockerdLockHeld } from './dockerd-lock.ts';
import {
  argvOf,
  dockerProcessIds,
  holdsFlock,
  processIds,
  startTimeOf,
  textOf,
  type ProcOptions,
  type StartTime,
} from './proc.ts';

/** Whether, and how, a dockerd runs on a data-root. */
export type DockerdState = { readonly running: false } | RunningDockerd;

/** A dockerd that holds the lock of the data-root. */
export interface RunningDockerd {
  readonly running: true;
  /** Absent when the process is in a pid namespace that we do not see. */
  readonly pid?: number;
  readonly startedAt?: StartTime;
  /** Its arguments, `dockerd` first. */
  readonly argv?: readonly string[];
  /** The unix sockets that it listens on; empty when argv is not known, or with TCP only. */
  readonly socketPaths: readonly string[];
}

/**
 * Takes a data-root (with userns-remap the `<uid>.<gid>` folder), returns whether a dockerd runs on it:
 * the lock on volumes/metadata.db is the proof (free after a clean stop and after kill -9 alike), pid
 * files and command lines are only hints (store.md §3). Writes nothing. Not to be asked while this
 * process holds the lock itself: it would answer with a dockerd of unknown pid.
 */
export async function findDockerd(
  dataRoot: string,
  { procPath = '/proc', pidFile = '/var/run/docker.pid' }: ProcOptions = {},
): Promise<DockerdState> {
  const lock = dockerdLockPath(dataRoot);
  const among = (pids: Iterable<number>): number | undefined => {
    for (const pid of pids) if (holdsFlock(pid, lock, procPath)) return pid;
    return undefined;
  };
  const docker = among(pidIn(pidFile)) ?? among(dockerProcessIds(procPath));
  // All processes of a host are looked at only for a lock that somebody has.
  if (docker === undefined && !(await isDockerdLockHeld(dataRoot))) return { running: false };
  const pid = docker ?? among(processIds(procPath));
  const argv = pid === undefined ? undefined : argvOf(pid, procPath);
  const startedAt = pid === undefined ? undefined : startTimeOf(pid, procPath);
  return {
    running: true,
    ...(pid === undefined ? {} : { pid }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(argv === undefined
      ? { socketPaths: [] }
      : { argv, socketPaths: socketPathsOf(argv, textOf(configFileOf(argv))) }),
  };
}

/** Only a hint, but with it dockerd is found at once on a host of any size. */
function pidIn(pidFile: string): number[] {
  const pid = Number(textOf(pidFile));
  return Number.isInteger(pid) && pid > 0 ? [pid] : [];
}

/** Takes a dockerd that ran on a data-root, returns whether this very process still has its lock. */
export function stillRuns(
  dockerd: RunningDockerd,
  dataRoot: string,
  { procPath = '/proc' }: ProcOptions = {},
): boolean {
  const { pid } = dockerd;
  if (pid === undefined || hasEnded(dockerd, { procPath })) return false;
  return holdsFlock(pid, dockerdLockPath(dataRoot), procPath);
}

/**
 * Takes a dockerd that ran, returns whether its process has ended. A process of the same pid that
 * started at another time is another one. true when its pid was never known.
 */
export function hasEnded(
  dockerd: RunningDockerd,
  { procPath = '/proc' }: ProcOptions = {},
): boolean {
  if (dockerd.pid === undefined) return true;
  const now = startTimeOf(dockerd.pid, procPath);
  if (now === undefined) return true;
  return dockerd.startedAt !== undefined && dockerd.startedAt.ticks !== now.ticks;
}
