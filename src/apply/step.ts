import type { BoundPlan } from '../domain/bound-plan.ts';
import type { StepProgress } from '../domain/progress.ts';
import type { CloneMode } from '../domain/report.ts';
import type { Layout } from '../store/layout.ts';
import type { Disk } from './disk.ts';
import type { RepositoriesTexts } from './journal.ts';
import type { DiffBuilds } from './overlay/diff-build.ts';

/** What every step works on. */
export interface StepContext {
  readonly disk: Disk;
  readonly layout: Layout;
  /** Number of the transaction: part of every temporary name. */
  readonly transaction: number;
  readonly bound: BoundPlan;
  readonly clone: CloneMode;
  /** Ends a long copy early; undefined where nothing may end. */
  readonly signal?: AbortSignal | undefined;
  readonly repositories: RepositoriesTexts;
  /** While a stage runs that builds versions of layers: how, by cache-id. */
  readonly builds?: DiffBuilds | undefined;
  /** Told how far a long step is. */
  readonly advance?: ((done: StepProgress) => void) | undefined;
}

/**
 * One kind of change to the store. `undo` takes back whatever part of `run` was done, and is right
 * when nothing was; it is given only entries that nothing else uses. A publish step's `run` goes on
 * where it was interrupted.
 */
export interface Step {
  /** What it does, for progress lines: "clone 3 layers"; undefined when there is nothing to do. */
  describe(context: StepContext): string | undefined;
  run(context: StepContext): Promise<void> | void;
  undo(context: StepContext): Promise<void> | void;
}

/** A name of ours for something temporary in one of dockerd's folders. */
export function temporaryName(prefix: string, transaction: number, item: number | string): string {
  return `${prefix}rebase-image-${transaction}-${item}`;
}

/** The transaction that a name of something temporary is of; undefined for what is not ours. */
export function transactionOf(name: string): number | undefined {
  const [, number] = /rebase-image-(\d+)-/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** What there is to say of so many things; undefined of none. */
export function some(
  things: readonly unknown[],
  say: (count: number) => string,
): string | undefined {
  return things.length === 0 ? undefined : say(things.length);
}
