/** Disks that fail where a test wants it. */
import { appendFileSync } from 'node:fs';

import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { RebaseError } from '../../src/errors.ts';

export interface FailingDisk {
  readonly disk: Disk;
  /** How many calls were made. */
  readonly calls: () => number;
  /** The call that failed first: `rename a b`. */
  readonly failed: () => string;
}

export interface Failure {
  /** Do the work, then fail. */
  readonly afterwards?: boolean;
  /** Fail at all later calls too. */
  readonly forEver?: boolean;
}

/** The host's disk whose n-th call (from 1) throws this errno; `run` throws as a program does. */
export function failingDisk(n: number, errno: string, failure: Failure = {}): FailingDisk {
  let count = 0;
  let failed = 'none';
  const disk = Object.fromEntries(
    Object.entries(hostDisk).map(([name, method]) => [
      name,
      (...args: readonly unknown[]): unknown => {
        count += 1;
        const call = method as (...all: readonly unknown[]) => unknown;
        if (count !== n && !(failure.forEver === true && count > n)) return call(...args);
        if (count === n) failed = [name, ...args.flat().filter(isText)].join(' ');
        const fail = (): never => {
          throw errorOf(name, errno);
        };
        if (name !== 'run' && name !== 'removeTrees') {
          if (failure.afterwards === true) call(...args);
          return fail();
        }
        const work = failure.afterwards === true ? call(...args) : undefined;
        return Promise.resolve(work).then(fail);
      },
    ]),
  ) as unknown as Disk;
  return { disk, calls: () => count, failed: () => failed };
}

/** The host's disk; `watch` is told the number of each call (from 1) before it is made. */
export function watchedDisk(watch: (count: number) => void): Pick<FailingDisk, 'disk' | 'calls'> {
  let count = 0;
  const disk = Object.fromEntries(
    Object.entries(hostDisk).map(([name, method]) => [
      name,
      (...args: readonly unknown[]): unknown => {
        count += 1;
        watch(count);
        return (method as (...all: readonly unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Disk;
  return { disk, calls: () => count };
}

/** A disk whose journal line of this kind is cut in its middle, as by a kill or a full disk. */
export function torn(disk: Disk, kind: string): Disk {
  return {
    ...disk,
    appendDurably(path, content) {
      if (!content.includes(`"kind":"${kind}"`)) {
        disk.appendDurably(path, content);
        return;
      }
      appendFileSync(path, content.slice(0, content.length / 2));
      throw errorOf('appendDurably', 'ENOSPC');
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function errorOf(name: string, errno: string): Error {
  if (name !== 'run') return Object.assign(new Error(`${errno}: ${name}`), { code: errno });
  const code = errno === 'ENOSPC' ? 'NO_SPACE' : 'APPLY_FAILED';
  return new RebaseError(code, `a program failed: ${errno}`);
}
