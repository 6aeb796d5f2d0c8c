/**
 * What end-to-end tests must never leave behind: temp folders, processes and mounts. Everything
 * that makes one registers how to sweep it here; the sweep runs after the last test, when the
 * process ends for whatever reason, and on Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Every temp folder of the end-to-end tests starts with this name. */
export const TEMP_PREFIX = 'rebase-image-e2e-';

const sweeps = new Map<string, () => void>();
let listening = false;

/**
 * Makes a new folder below `parent` (the system's temp folder without it). It is swept at the end
 * of the run at the latest; `sweepFolder` does it earlier.
 */
export function tempFolder(parent: string = tmpdir()): string {
  listenForTheEnd();
  // The real path, because the kernel's mount table and dockerd's answers have no symlinks.
  const folder = realpathSync(mkdtempSync(join(parent, TEMP_PREFIX)));
  sweeps.set(folder, () => {
    // By the name alone: the shims of a containerd that is not the engine's own carry only that.
    killProcessesNaming(basename(folder));
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

/**
 * Kills the processes that name `folder` in their command line, unmounts what is mounted below it
 * and removes it. Synchronous, so that it also works while the process is ending.
 * @throws when something below it cannot be unmounted; then nothing is removed
 */
export function sweepFolder(folder: string): void {
  const sweep = sweeps.get(folder);
  sweeps.delete(folder);
  sweep?.();
}

/** Sweeps every temp folder of this run; all of them are tried even when one fails. */
export function sweepAll(): void {
  const failures: unknown[] = [];
  // Newest first: a folder may have been made inside another one.
  for (const folder of [...sweeps.keys()].reverse()) {
    try {
      sweepFolder(folder);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
}

/**
 * The processes that have `text` in their command line, and all their descendants; never this
 * process or one above it. Zombies are gone already.
 */
export function processesNaming(text: string): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  // A shell above us may have a temp folder's name among its arguments; it is not the engine's.
  const ours = ancestors();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || ours.has(pid)) continue;
    const stat = readProc(pid, 'stat');
    // After the command name, which may itself hold spaces and brackets: state, parent, ...
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || parent === undefined || state === 'Z') continue;
    parents.set(pid, Number(parent));
    if (readProc(pid, 'cmdline').includes(text)) found.add(pid);
  }
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Where something is mounted at or below `folder`, deepest first. */
export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescapeMountPath(line.split(' ')[4] ?? ''))
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

/** Blocks this thread for a moment. */
export function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function killProcessesNaming(name: string): void {
  // Twice and more: a dying container's shim starts "delete" helpers of its own.
  for (let round = 0; round < 100; round += 1) {
    const pids = processesNaming(name);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
    sleepSync(50);
  }
  throw new Error(`processes of ${name} do not end: ${processesNaming(name).join(', ')}`);
}

/** This process and its parents. */
function ancestors(): ReadonlySet<number> {
  const line = new Set<number>([process.pid]);
  for (let pid = process.ppid; pid > 0 && !line.has(pid);) {
    line.add(pid);
    const stat = readProc(pid, 'stat');
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return line;
}

function unmountBelow(folder: string): void {
  for (const path of mountsBelow(folder)) {
    const plain = spawnSync('umount', [path], { encoding: 'utf8' });
    if (plain.status !== 0) spawnSync('umount', ['-l', path], { encoding: 'utf8' });
  }
  // Never remove through a mount: what is behind it is not ours.
  const left = mountsBelow(folder);
  if (left.length > 0) throw new Error(`still mounted, nothing removed: ${left.join(', ')}`);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // The process has ended since the folder was listed.
  }
}

/** The kernel writes blanks, tabs, line ends and backslashes in mountinfo as octal escapes. */
function unescapeMountPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function listenForTheEnd(): void {
  if (listening) return;
  listening = true;
  process.on('exit', sweepAll);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    // exit() runs the sweep above; without a listener the signal would skip it.
    process.on(signal, () => process.exit(code));
  }
}

// Under mocha a root hook: a file that imports this one at its top has the root suite current.
if ('after' in globalThis) after('sweeps what the engines left behind', sweepAll);
