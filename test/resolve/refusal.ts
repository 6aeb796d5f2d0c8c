import { RebaseError } from '../../src/errors.ts';

/** The error by which an action refuses; fails when it does not, or throws something else. */
export function refusal(action: () => unknown): RebaseError {
  try {
    action();
  } catch (error) {
    if (error instanceof RebaseError) return error;
    throw error;
  }
  throw new Error('expected a refusal, and there was none');
}
