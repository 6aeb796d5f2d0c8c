import { expect } from 'chai';

import { RebaseError } from '../../src/errors.ts';

/** The STORE_DAMAGED by which a reader refuses; undefined when it does not. Other errors go on. */
export function damageIn(read: () => unknown): RebaseError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof RebaseError)) throw error;
    expect(error.code, error.message).to.equal('STORE_DAMAGED');
    expect(error.message).to.not.include('\n');
    return error;
  }
}
