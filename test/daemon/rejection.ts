import { expect } from 'chai';

import { RebaseError, type ErrorCode } from '../../src/errors.ts';

/** Runs something that must fail with this code; returns the error for a look at its message. */
export async function rejection(code: ErrorCode, run: () => unknown): Promise<RebaseError> {
  try {
    await run();
  } catch (error) {
    expect(error).to.be.instanceOf(RebaseError);
    const rebaseError = error as RebaseError;
    expect(rebaseError.code, rebaseError.message).to.equal(code);
    return rebaseError;
  }
  throw new Error(`nothing was thrown, ${code} was expected`);
}
