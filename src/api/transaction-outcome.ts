import type { Transaction } from '../apply/journal.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { switchViewsOf, type SwitchView } from '../domain/overlay/switch-view.ts';
import type { ImageResult, Outcome } from '../domain/report.ts';

/** What a transaction has done by now, for the closing lines: it was applied, undone or discarded. */
export function transactionOutcome(
  { number, begin, bound, state }: Transaction,
  { pending, notes }: Pick<Outcome, 'pending' | 'notes'>,
): Outcome {
  const done = bound.switches.length > 0 ? 'switched' : 'rebased';
  const kind = state === 'undone' || state === 'discarded' ? state : done;
  return {
    kind,
    changed: true,
    transaction: number,
    images: begin.images.map(({ tag, before, after }) => ({
      reference: tag,
      ...(kind === 'switched' ? RESULT_OF.rebased : RESULT_OF[kind])(before, after),
      tags: [tag],
    })),
    switches: switchesDone(bound, kind),
    pending,
    notes,
  };
}

/** What the bases showed before and show afterwards; of what was never published nothing. */
function switchesDone({ switches }: BoundPlan, kind: Outcome['kind']): SwitchView[] {
  if (kind === 'discarded') return [];
  return switchViewsOf(switches).map(({ base, before, after }) =>
    kind === 'undone' ? { base, before: after, after: before } : { base, before, after },
  );
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
