/**
 * The states that a store can be left in by a run that stops dead. The run is made once, with a disk
 * that keeps a copy of the store before each of its calls, and one with the call half done where a
 * call can be: nothing that the program does after an error can mend these, as after SIGKILL.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { makeTempDir } from './temp-dir.ts';
import { readTree } from './tree-state.ts';

export interface CrashState {
  /** The call that was not made, or not to its end: `12 half writeFile .../link`. */
  readonly name: string;
  /** A copy of the store; to be put where the store was before it is used. */
  readonly folder: string;
}

export interface CrashRun {
  /** The folder that copies are made in. */
  readonly near: string;
  /** States that are known: equal ones are left out, and those that are given are added. */
  readonly seen: Set<string>;
  readonly work: (disk: Disk) => Promise<unknown>;
}

/** Runs `work` to its end, and gives every state in which it could have stopped, in order. */
export async function crashStates(
  root: string,
  { near, seen, work }: CrashRun,
): Promise<CrashState[]> {
  const states: CrashState[] = [];
  const keep = (name: string): void => {
    const key = keyOf(root);
    if (seen.has(key)) return;
    seen.add(key);
    const folder = join(makeTempDir(near), 'store');
    copyStore(root, folder);
    states.push({ name, folder });
  };
  const [saved, whole] = [join(makeTempDir(near), 'saved'), join(makeTempDir(near), 'whole')];
  let count = 0;
  const disk = Object.fromEntries(
    Object.entries(hostDisk).map(([method, call]) => [
      method,
      (...args: readonly unknown[]): unknown => {
        count += 1;
        const what = [method, ...args.flat().filter(isText)]
          .join(' ')
          .replaceAll(root, '')
          .slice(0, 100);
        keep(`${count} before ${what}`);
        const real = (): unknown => (call as (...all: readonly unknown[]) => unknown)(...args);
        const half = HALF_DONE[method as keyof Disk] as
          ((...all: readonly unknown[]) => void) | undefined;
        if (half !== undefined) {
          copyStore(root, saved);
          half(...args);
          keep(`${count} half ${what}`);
          copyStore(saved, root);
        } else if (method === 'run' && isClone(args[0])) {
          copyStore(root, saved);
          // A copy that ended early has made some of what a whole one makes.
          return Promise.resolve(real()).then(() => {
            copyStore(root, whole);
            thinOut(saved, root);
            keep(`${count} half ${what}`);
            copyStore(whole, root);
          });
        }
        return real();
      },
    ]),
  ) as unknown as Disk;
  await work(disk);
  keep(`${count} done`);
  return states;
}

/** Makes `to` an exact copy of the store at `from`; what was at `to` is gone. */
export function copyStore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
}

/** What tells a state from others: all of the store, and what the journals say but for their clocks. */
function keyOf(root: string): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([...readTree(root, { ignore: ['rebase-image'] })]));
  const transactions = join(root, 'rebase-image/transactions');
  for (const journal of filesBelow(transactions).filter((path) => path.endsWith('/journal'))) {
    const lines = readFileSync(journal, 'utf8').split('\n');
    const kinds = lines.map(
      (line) => /"kind":"([a-z-]+)"[^\n]*\}$/.exec(line)?.[1] ?? line.length > 0,
    );
    hash.update(JSON.stringify([journal.slice(root.length), kinds]));
  }
  return hash.digest('hex');
}

/** What each call that is not one system call may have come to. */
const HALF_DONE: Partial<{ [M in keyof Disk]: (...args: Parameters<Disk[M]>) => void }> = {
  makeDirectory(path) {
    mkdirSync(path);
  },
  writeFile(path, content) {
    writeFileSync(path, content.slice(0, content.length / 2));
  },
  copyFile(from, to) {
    const bytes = readFileSync(from);
    writeFileSync(to, bytes.subarray(0, bytes.length / 2));
  },
  reflinkFile(_from, to) {
    writeFileSync(to, '');
  },
  appendDurably(path, content) {
    appendFileSync(path, content.slice(0, content.length / 2));
  },
  removeTrees(paths) {
    const [last, ...gone] = [...paths].reverse();
    for (const path of gone) rmSync(path, { recursive: true, force: true });
    if (last !== undefined) removeHalf(filesBelow(last));
  },
};

function isClone(command: unknown): boolean {
  return command === 'cp' || command === 'sh' || command === 'tar';
}

/** Removes every second of the files that have come since `before`. */
function thinOut(before: string, now: string): void {
  const known = new Set(filesBelow(before).map((path) => path.slice(before.length)));
  removeHalf(filesBelow(now).filter((path) => !known.has(path.slice(now.length))));
}

function removeHalf(paths: readonly string[]): void {
  for (const [index, path] of paths.entries()) if (index % 2 === 1) rmSync(path, { force: true });
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
