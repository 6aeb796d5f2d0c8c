import type { Durations, Phase } from '../domain/report.ts';

/** Measures phases of a run. Of phases inside one another each counts its own time only. */
export interface Stopwatch {
  readonly measure: <T>(phase: Phase, work: () => Promise<T> | T) => Promise<T>;
  /** What was measured so far, in whole milliseconds. */
  readonly durations: () => Durations;
}

/**
 * A stopwatch over a clock of milliseconds, that of the process unless a test says otherwise: the
 * first look at `performance` loads modules that nothing else of a run needs.
 */
export function newStopwatch(now: () => number = () => process.uptime() * 1000): Stopwatch {
  const took = new Map<Phase, number>();
  let current: Phase | undefined;
  let since = now();

  const enter = (phase: Phase | undefined): void => {
    const at = now();
    if (current !== undefined) took.set(current, (took.get(current) ?? 0) + at - since);
    current = phase;
    since = at;
  };

  return {
    async measure(phase, work) {
      const outer = current;
      enter(phase);
      try {
        return await work();
      } finally {
        enter(outer);
      }
    },
    durations: () =>
      Object.fromEntries([...took].map(([phase, ms]) => [phase, Math.round(ms)] as const)),
  };
}
