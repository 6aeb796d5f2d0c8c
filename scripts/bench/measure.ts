/** Runs what is measured: child processes and functions, pair by pair in the same rounds. */
import { readFileSync } from 'node:fs';
import { execute } from '../../test/e2e/support/engine.ts';
import { differencesOf, ratiosOf, spreadOf, type Spread } from './statistics.ts';
import type { Measured, Unit } from './rows.ts';

/** Does one round and says how long the part that counts took, in milliseconds. */
export type Work = () => Promise<number>;

export interface Pair {
  readonly ours: Measured;
  readonly theirs: Measured;
  readonly ratio: Spread;
  /** Ours minus theirs, round by round. */
  readonly difference: Spread;
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** What measures a piece of work, in milliseconds: `timed` or `cpuTimed`. */
export type Clock = (work: () => Promise<unknown>) => Promise<number>;

/**
 * Milliseconds of processor that the children of the work take, all that they start included. Says
 * more than `timed` on a busy machine, and nothing of waiting. Source: proc(5), cutime and cstime.
 */
export async function cpuTimed(work: () => Promise<unknown>): Promise<number> {
  const before = childrenTicks();
  await work();
  return (childrenTicks() - before) * MS_PER_TICK;
}

/** sysconf(_SC_CLK_TCK) is 100 on Linux. */
const MS_PER_TICK = 10;

function childrenTicks(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs a program to its end and returns its stdout. Throws with its stderr when it fails. */
export async function run(
  [file = '', ...args]: readonly string[],
  { env = process.env, cwd = '/' }: RunOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await execute(file, args, { env, cwd });
  if (status === 0) return stdout;
  throw new Error(`${[file, ...args].join(' ')}: exit ${status}\n${stdout}${stderr}`);
}

/**
 * Both in turn, so many rounds; who begins changes from round to round. One round before is not
 * counted: it fills the caches.
 */
export async function alternate(rounds: number, ours: Work, theirs: Work): Promise<Pair> {
  const times: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
  for (let round = -1; round < rounds; round += 1) {
    const order = ['ours', 'theirs'] as const;
    for (const who of round % 2 === 0 ? order : order.toReversed()) {
      const time = await (who === 'ours' ? ours : theirs)();
      if (round >= 0) times[who].push(time);
    }
  }
  return {
    ours: inUnit('ms', times.ours),
    theirs: inUnit('ms', times.theirs),
    ratio: spreadOf(ratiosOf(times.ours, times.theirs)),
    difference: spreadOf(differencesOf(times.ours, times.theirs)),
  };
}

/** Every work once a round, so many rounds after one that does not count; times by work. */
export async function inTurn(rounds: number, works: readonly Work[]): Promise<number[][]> {
  const times = works.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) {
      const time = await work();
      if (round >= 0) times[index]?.push(time);
    }
  }
  return times;
}

export function inUnit(unit: Unit, values: readonly number[]): Measured {
  return { unit, spread: spreadOf(values) };
}
