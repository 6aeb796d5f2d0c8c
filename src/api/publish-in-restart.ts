import { undo, type Engine } from '../apply/engine.ts';
import { bothFailed } from '../apply/half-way.ts';
import type { Transaction } from '../apply/journal.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import { verifyLoaded } from '../daemon/verify-images.ts';
import { asStep } from '../domain/progress.ts';
import { RebaseError } from '../errors.ts';
import { readTags } from '../store/read-tags.ts';
import type { PublishResult, Write } from './publish-result.ts';
import { planUndoOf } from './undo-facts.ts';
import { whileStopped, type AgreedRestart, type BroughtBack } from './while-stopped.ts';

/**
 * Stops the daemon, writes, starts it and verifies that it lists the result; if it does not,
 * everything is taken back and the daemon started as it was.
 */
export async function publishInRestart(
  engine: Engine,
  { transaction, agreed, write }: { transaction: Transaction; agreed: AgreedRestart; write: Write },
): Promise<PublishResult> {
  const back = await whileStopped(engine, { transaction, agreed }, (now) => write(engine, now));
  return verifyOrTakeBack(engine, back, agreed);
}

/**
 * Verifies through the API what a daemon that was brought back has loaded. Only positive evidence
 * takes the transaction back: a daemon that does not answer proves nothing.
 * Throws VERIFY_FAILED when it was taken back, HALF_WAY when the daemon is not up.
 */
export async function verifyOrTakeBack(
  engine: Engine,
  back: BroughtBack,
  agreed: AgreedRestart,
): Promise<PublishResult> {
  const { transaction, state, notes } = back;
  if (state === 'unknown') {
    throw new RebaseError('HALF_WAY', [`published, but ${back.message}`, ...notes].join('; '), {
      hint: `rebase-image resume looks again; ${back.hint}`,
      transaction: transaction.number,
    });
  }
  const problems =
    state === 'failed' ? [back.message] : await notLoaded(engine, agreed.daemon, transaction);
  if (problems === 'no answer') {
    const note = 'the daemon did not say what it has loaded: look with rebase-image status';
    return { transaction, pending: undefined, notes: [...notes, note] };
  }
  if (problems.length === 0) return { transaction, pending: undefined, notes };
  return takeBack(engine, { transaction, agreed, problems });
}

/** Positive evidence that the daemon has not what was written. */
async function notLoaded(
  { layout, progress }: Engine,
  daemon: EngineApi,
  { begin }: Transaction,
): Promise<string[] | 'no answer'> {
  const { byKey } = readTags(layout);
  const inForce = begin.bound.tags.filter(({ key, after }) => byKey.get(key)?.imageId === after);
  try {
    const expected = inForce.map(({ key, after }) => ({ reference: key, imageId: after }));
    const mismatches = await asStep(progress, 'verify that dockerd has loaded the result', () =>
      verifyLoaded(daemon, expected),
    );
    return mismatches.map(({ reference, problem }) => `${reference}: ${problem}`);
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'DAEMON_FAILED') return 'no answer';
    throw error;
  }
}

async function takeBack(
  engine: Engine,
  {
    transaction,
    agreed,
    problems,
  }: { transaction: Transaction; agreed: AgreedRestart; problems: readonly string[] },
): Promise<never> {
  const what = `dockerd did not take the result (${problems.slice(0, 3).join('; ')})`;
  let back: BroughtBack;
  try {
    back = await whileStopped(engine, { transaction, agreed }, (now) =>
      undo(engine, now, planUndoOf(engine.layout, now).removable),
    );
  } catch (error) {
    throw bothFailed(new Error(what), error, transaction);
  }
  const more = [`${what}; everything was taken back`, ...back.notes].join('; ');
  const { number } = transaction;
  if (back.state === 'up') {
    throw new RebaseError('VERIFY_FAILED', more, {
      hint: 'the daemon runs on what was there before; its log says more',
      transaction: number,
    });
  }
  throw new RebaseError('HALF_WAY', `${more}, and dockerd is down: ${back.message}`, {
    hint: `rebase-image resume starts it; ${back.hint}`,
    transaction: number,
  });
}
