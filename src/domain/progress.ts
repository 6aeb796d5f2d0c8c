/**
 * What long work tells whoever watches it: the step that it is at, and how far it is.
 */

/**
 * Told before each step, in words; told again with the same words while the step gets on and when it
 * ends. Other words end the step before as done. It must not throw and is never waited for.
 */
export type Progress = (what: string, done?: StepProgress | StepEnd) => void;

/** How a step ended. */
export type StepEnd = 'done' | 'failed';

/** How much of a step is done. */
export interface StepProgress {
  readonly done: number;
  readonly total: number;
  readonly unit: ProgressUnit;
}

export type ProgressUnit = 'layers' | 'files' | 'bytes' | 'images' | 'containers';

/** For work that nobody watches. */
export const unwatched: Progress = () => undefined;

/** Does the work as one step, which ends with it. Throws what the work throws. */
export async function asStep<T>(
  progress: Progress,
  what: string,
  work: () => Promise<T> | T,
): Promise<T> {
  progress(what);
  try {
    const result = await work();
    progress(what, 'done');
    return result;
  } catch (error) {
    progress(what, 'failed');
    throw error;
  }
}
