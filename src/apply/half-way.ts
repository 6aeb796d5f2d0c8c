import { RebaseError } from '../errors.ts';
import { messageOf } from './system-error.ts';

/** A transaction that has begun: its number is what a user goes on with. */
export interface Numbered {
  readonly number: number;
}

const GO_ON = 'rebase-image resume goes on with it, rebase-image abort takes it back';

/** The error of a transaction that ended between two states: what it was doing, and why it ended. */
export function halfWay(
  { number }: Numbered,
  what: string,
  cause: unknown,
  hint = GO_ON,
): RebaseError {
  return new RebaseError(
    'HALF_WAY',
    `transaction ${number} stopped half-way in its ${what}: ${messageOf(cause)}`,
    {
      hint,
      cause,
      transaction: number,
    },
  );
}

/**
 * Takes a transaction back because of `first`, and throws that; when the way back fails too, throws
 * HALF_WAY, which says both.
 */
export async function throwAfter(
  first: unknown,
  transaction: Numbered,
  back: () => Promise<unknown>,
): Promise<never> {
  try {
    await back();
  } catch (second) {
    throw bothFailed(first, second, transaction);
  }
  throw first;
}

/** The error of a transaction that failed, and whose way back failed as well. */
export function bothFailed(first: unknown, second: unknown, { number }: Numbered): RebaseError {
  const hint = second instanceof RebaseError ? second.hint : undefined;
  return new RebaseError('HALF_WAY', `${messageOf(first)}; then ${messageOf(second)}`, {
    hint: hint ?? 'rebase-image abort tries again to take it back',
    cause: first,
    transaction: number,
  });
}
