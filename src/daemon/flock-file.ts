import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { RebaseError } from '../errors.ts';

/** A held lock. The kernel lets go of it by itself when this process ends, however it ends. */
export interface HeldLock {
  /** Lets go; a second call does nothing. */
  release(): void;
}

export interface FlockOptions {
  /** 0 does not wait at all. */
  readonly timeoutSeconds: number;
}

/**
 * Takes the path of a lock file (created with mode 0600 when absent, never removed: removing it would
 * let two processes lock two files of one name) and how long to wait. Returns the exclusive lock.
 * Throws LOCKED when another process keeps it longer than that, TOOL_MISSING without util-linux
 * `flock`. Processes started meanwhile do not inherit the lock: Node opens files close-on-exec.
 */
export async function flockFile(path: string, options: FlockOptions): Promise<HeldLock> {
  const { O_RDONLY, O_CREAT, O_NOFOLLOW } = constants;
  // For reading: who only asks whether it is held does so on a read-only file system, too.
  const fd = openSync(path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0o600);
  if (await locked(fd, { mode: 'exclusive', ...options })) return heldLock(fd);
  closeSync(fd);
  throw new RebaseError('LOCKED', `another process holds the lock ${path}`, {
    hint: 'wait for it, or give --lock-timeout SECONDS',
  });
}

/**
 * Takes an open file descriptor, returns whether the lock was taken on its open file: it stays when
 * the `flock` process has ended, until the descriptor is closed (libraries.md §1, "Lock"; flock(2):
 * locks belong to the open file description). A descriptor open for reading is enough for both modes
 * on a local file system. Who waits looks again and again, and does not queue. The caller closes the
 * descriptor, here and on a throw. Throws TOOL_MISSING, DAEMON_FAILED.
 */
export async function flockDescriptor(
  fd: number,
  { mode, timeoutSeconds }: FlockOptions & { readonly mode: 'shared' | 'exclusive' },
): Promise<boolean> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  while (!takesAtOnce(fd, mode)) {
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

const POLL_MS = 100;

function takesAtOnce(fd: number, mode: 'shared' | 'exclusive'): boolean {
  const args = [mode === 'shared' ? '-s' : '-x', '-n', '3'];
  const { status, stderr, error } = spawnSync('flock', args, {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (error !== undefined) {
    throw new RebaseError('TOOL_MISSING', `cannot run flock: ${error.message}`, {
      hint: 'install util-linux',
      cause: error,
    });
  }
  // 1 is util-linux's own answer for "held by another" (flock(1), -E).
  if (status === 0 || status === 1) return status === 0;
  throw new RebaseError(
    'DAEMON_FAILED',
    `flock failed: ${stderr.trim() || `exit code ${String(status)}`}`,
  );
}

/** Wraps a descriptor that carries a lock; release closes it. */
export function heldLock(fd: number): HeldLock {
  let open = true;
  return {
    release() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

async function locked(
  fd: number,
  options: FlockOptions & { readonly mode: 'exclusive' },
): Promise<boolean> {
  try {
    return await flockDescriptor(fd, options);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
