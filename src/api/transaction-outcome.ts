import type { Transaction } from '../apply/journal.ts';
import type { ImageResult, Outcome } from '../domain/report.ts';

/** What a transaction has done by now, for the closing lines: it was applied, undone or discarded. */
export function transactionOutcome(
  { number, begin, state }: Transaction,
  { pending, notes }: Pick<Outcome, 'pending' | 'notes'>,
): Outcome {
  const kind = state === 'undone' || state === 'discarded' ? state : 'rebased';
  return {
    kind,
    changed: true,
    transaction: number,
    images: begin.images.map(({ tag, before, after }) => ({
      reference: tag,
      ...RESULT_OF[kind](before, after),
      tags: [tag],
    })),
    pending,
    notes,
  };
}

type Change = Pick<ImageResult, 'outcome' | 'before' | 'after' | 'reason'>;
type Id = ImageResult['before'];

const RESULT_OF = {
  rebased: (before: Id, after: Id): Change => {
    return { outcome: 'rebased', before, after, reason: undefined };
  },
  undone: (before: Id, after: Id): Change => {
    return { outcome: 'restored', before: after, after: before, reason: undefined };
  },
  discarded: (before: Id): Change => {
    return { outcome: 'unchanged', before, after: before, reason: 'nothing was published' };
  },
} as const;
