/** What the benchmark computes from its measurements. Pure. */

/** Smallest, middle and largest of a series. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A size and how long it took. */
export type Point = readonly [size: number, time: number];

/** Throws RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new RangeError('there is nothing to measure');
    return value;
  };
  const half = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? at(Math.floor(half)) : (at(half - 1) + at(half)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/**
 * Each value divided by its counterpart of the same round, so that what slows the machine down for a
 * while slows both.
 */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return paired(ours, theirs, (a, b) => a / b);
}

/** Each value without its counterpart of the same round. */
export function differencesOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return paired(ours, theirs, (a, b) => a - b);
}

function paired(
  ours: readonly number[],
  theirs: readonly number[],
  combine: (a: number, b: number) => number,
): number[] {
  if (ours.length !== theirs.length) throw new RangeError('the rounds are not complete');
  return ours.map((value, round) => combine(value, theirs[round] ?? Number.NaN));
}

/**
 * The exponent k of the power law `time = c * size^k` that fits the points best: the slope of the
 * least-squares line through their logarithms. Throws RangeError for fewer than two sizes.
 */
export function exponentOf(points: readonly Point[]): number {
  const logs = points.map(([size, time]) => [Math.log(size), Math.log(time)] as const);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map(([size]) => size));
  const y = mean(logs.map(([, time]) => time));
  const spread = logs.reduce((sum, [size]) => sum + (size - x) ** 2, 0);
  if (!(spread > 0)) throw new RangeError('a curve needs two sizes');
  return logs.reduce((sum, [size, time]) => sum + (size - x) * (time - y), 0) / spread;
}

export type Growth = 'flat' | 'below linear' | 'linear' | 'worse than linear';

/** What an exponent means in words. */
export function growthOf(exponent: number): Growth {
  if (exponent < 0.15) return 'flat';
  if (exponent < 0.85) return 'below linear';
  return exponent <= 1.15 ? 'linear' : 'worse than linear';
}

/**
 * How a curve grows where it is steepest to judge: at its upper end. Below, the cost of a start hides
 * what a size costs.
 */
export function endOf(points: readonly Point[]): readonly Point[] {
  return points.slice(-3);
}
