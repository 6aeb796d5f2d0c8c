import { closeSync, constants, openSync } from 'node:fs';

import { RebaseError } from '../errors.ts';
import { layoutOf } from '../store/layout.ts';
import { flockDescriptor, heldLock, type HeldLock } from './flock-file.ts';

/** The lock that keeps dockerd from starting. */
export interface DockerdLock extends HeldLock {
  /** false when this data-root has no such file yet, so that there was nothing to lock. */
  readonly held: boolean;
}

/**
 * Takes a data-root, returns the path of the file that every dockerd locks for its whole life and
 * before it reads anything that it keeps (store.md §3; moby volume/service/store.go).
 */
export function dockerdLockPath(dataRoot: string): string {
  return layoutOf(dataRoot).lockedByDockerd;
}

/**
 * Takes a data-root (with userns-remap the `<uid>.<gid>` folder) and holds dockerd's own lock, so that
 * a dockerd started meanwhile fails within 2 seconds and changes nothing (store.md §3). Opens the
 * file for reading only. Throws LOCKED when a dockerd has it.
 */
export async function holdDockerdLock(dataRoot: string): Promise<DockerdLock> {
  const lock = await dockerdLockIfFree(dataRoot);
  if (lock !== undefined) return lock;
  throw new RebaseError(
    'LOCKED',
    `dockerd runs on ${dataRoot}: it holds ${dockerdLockPath(dataRoot)}`,
    { hint: 'stop it, or let --restart do so' },
  );
}

/** `holdDockerdLock`, or undefined when a dockerd has it. */
export async function dockerdLockIfFree(dataRoot: string): Promise<DockerdLock | undefined> {
  const fd = openIfPresent(dockerdLockPath(dataRoot));
  if (fd === undefined) return { held: false, release: () => undefined };
  return (await lockedOrClosed(fd, 'exclusive')) ? { held: true, ...heldLock(fd) } : undefined;
}

/**
 * Takes a data-root, returns whether a process (dockerd, or this program) holds dockerd's lock.
 * Writes nothing; a file that is not there is held by nobody. The probe itself holds a shared lock
 * for some milliseconds, which a starting dockerd waits out (it tries for a second).
 */
export async function isDockerdLockHeld(dataRoot: string): Promise<boolean> {
  const fd = openIfPresent(dockerdLockPath(dataRoot));
  if (fd === undefined) return false;
  if (!(await lockedOrClosed(fd, 'shared'))) return true;
  closeSync(fd);
  return false;
}

/** The descriptor is closed unless the lock was taken. */
async function lockedOrClosed(fd: number, mode: 'shared' | 'exclusive'): Promise<boolean> {
  let taken = false;
  try {
    taken = await flockDescriptor(fd, { mode, timeoutSeconds: 0 });
    return taken;
  } finally {
    if (!taken) closeSync(fd);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    // What is no file must not keep the run waiting; the lock is then nobody's.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
