import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** When a process started. Ticks since boot identify it together with its pid; the rest is for people. */
export interface StartTime {
  /** Clock ticks (1/100 s) since boot, field 22 of /proc/<pid>/stat. */
  readonly ticks: number;
  readonly msSinceBoot: number;
  /** Milliseconds since 1970, from `btime` of /proc/stat: right to a second. */
  readonly epochMs: number;
}

export interface ProcOptions {
  /** `/proc` by default. */
  readonly procPath?: string;
  /** Where dockerd says its pid unless it is told otherwise; `/var/run/docker.pid` by default. */
  readonly pidFile?: string;
}

/** USER_HZ: what Linux shows to programs on every architecture that Docker runs on (proc(5)). */
const TICKS_PER_SECOND = 100;

/** The pids in `procPath` (`/proc`), those whose command name looks like Docker's first. */
export function processIds(procPath: string): number[] {
  const docker = [...dockerProcessIds(procPath)];
  return [...docker, ...pidsIn(procPath).filter((pid) => !docker.includes(pid))];
}

/**
 * The pids whose command name looks like Docker's, lowest first (a child that dockerd has forked and
 * that is about to run something else looks like it); each is looked at when it is asked for.
 */
export function* dockerProcessIds(procPath: string): Iterable<number> {
  for (const pid of pidsIn(procPath)) {
    if (textOf(join(procPath, String(pid), 'comm'))?.includes('docker') === true) yield pid;
  }
}

function pidsIn(procPath: string): number[] {
  return readdirSync(procPath)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Whether a process, other than this one, holds an exclusive flock(2) on the file at `path`. Compares
 * device and inode, since dockerd may see the file under another name (own mount namespace, bind
 * mount). false also for a process that cannot be seen. Source: proc(5), /proc/pid/fdinfo.
 */
export function holdsFlock(pid: number, path: string, procPath: string): boolean {
  const wanted = statSync(path, { throwIfNoEntry: false });
  if (wanted === undefined || pid === process.pid) return false;
  const name = path.slice(path.lastIndexOf('/'));
  const own = join(procPath, String(pid));
  return namesIn(join(own, 'fd')).some((fd) => {
    const link = join(own, 'fd', fd);
    // The name first: a stat of each of a host's hundred thousand descriptors takes seconds.
    if (linkOf(link)?.endsWith(name) !== true) return false;
    const found = tolerant(() => statSync(link));
    if (found?.ino !== wanted.ino || found.dev !== wanted.dev) return false;
    return EXCLUSIVE.test(textOf(join(own, 'fdinfo', fd)) ?? '');
  });
}

const EXCLUSIVE = /^lock:\s+\d+: FLOCK +\S+ +WRITE /m;

/** The arguments of a process, its name first; undefined when it is gone. */
export function argvOf(pid: number, procPath: string): string[] | undefined {
  const text = textOf(join(procPath, String(pid), 'cmdline'));
  return text === undefined || text === '' ? undefined : text.replace(/\0$/, '').split('\0');
}

/** When a process started; undefined when it is gone, a zombie included (nobody may ever reap it). */
export function startTimeOf(pid: number, procPath: string): StartTime | undefined {
  const stat = textOf(join(procPath, String(pid), 'stat'));
  if (stat === undefined) return undefined;
  // The name, in parentheses, may hold anything; state is field 3, start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[19]);
  if (fields[0] === 'Z' || fields[0] === 'X' || !Number.isFinite(ticks)) return undefined;
  const bootSeconds = Number(/^btime (\d+)/m.exec(textOf(join(procPath, 'stat')) ?? '')?.[1] ?? 0);
  const msSinceBoot = (ticks * 1000) / TICKS_PER_SECOND;
  return { ticks, msSinceBoot, epochMs: bootSeconds * 1000 + msSinceBoot };
}

/** The text of a file under /proc; undefined when the process or the file is gone or not ours to read. */
export function textOf(path: string): string | undefined {
  return tolerant(() => readFileSync(path, 'utf8'));
}

/** The target of a link under /proc; undefined when it is gone or not ours to read. */
export function linkOf(path: string): string | undefined {
  return tolerant(() => readlinkSync(path));
}

/** The names in a folder under /proc; empty when it is gone or not ours to read. */
function namesIn(path: string): string[] {
  return tolerant(() => readdirSync(path)) ?? [];
}

const GONE = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL', 'ENOTDIR'];

function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && GONE.includes(code)) return undefined;
    throw error;
  }
}
