import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

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
 * on a local file system. The caller closes the descriptor, here and on a throw.
 */
export async function flockDescriptor(
  fd: number,
  options: FlockOptions & { readonly mode: 'shared' | 'exclusive' },
): Promise<boolean> {
  const { code, stderr } = await runFlock(fd, [
    options.mode === 'shared' ? '-s' : '-x',
    ...(options.timeoutSeconds === 0 ? ['-n'] : ['-w', String(options.timeoutSeconds)]),
    '3',
  ]);
  if (code === 0) return true;
  // 1 is util-linux's own answer for "held by another" (flock(1), -E).
  if (code === 1) return false;
  throw new RebaseError(
    'DAEMON_FAILED',
    `flock failed: ${stderr.trim() || `exit code ${String(code)}`}`,
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

function runFlock(
  fd: number,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'pipe', fd] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (cause) => {
      reject(
        new RebaseError('TOOL_MISSING', `cannot run flock: ${cause.message}`, {
          hint: 'install util-linux',
          cause,
        }),
      );
    });
    child.on('close', (code) => {
      resolve({ code, stderr });
    });
  });
}
