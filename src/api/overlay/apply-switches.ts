import { readTransactions } from '../../apply/journal.ts';
import type { DiffBuilds } from '../../apply/overlay/diff-build.ts';
import type { BoundPlan, LayerSwitch } from '../../domain/bound-plan.ts';
import { switchViewsOf } from '../../domain/overlay/switch-view.ts';
import type { CloneMode, Outcome } from '../../domain/report.ts';
import { refuseVersionsAbove } from '../../resolve/versions-above.ts';
import { applyBound, type BoundOptions } from '../apply-bound.ts';
import type { OpenStore } from '../open-store.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from '../session.ts';
import { readStackFacts } from './read-stack-facts.ts';
import { refuseRunning } from './running-containers.ts';

export interface SwitchRequest {
  readonly switches: readonly LayerSwitch[];
  /** Of every switch that `builds` a version, by cache-id. */
  readonly builds: DiffBuilds;
  /** How files reach their new folder. */
  readonly clone: CloneMode;
}

export type SwitchOptions = SessionOptions &
  Pick<BoundOptions, 'command' | 'stageOnly' | 'allow' | 'restartContainers'>;

/**
 * Exchanges the files of base layers: builds the versions, proves that they mount, switches to them.
 * dockerd goes on running. On failure the store is as before, or the error is HALF_WAY and says how
 * to go on. Throws IN_USE for running containers that are neither to be restarted nor left on the
 * old view, TRANSACTION_OPEN, LOCKED, NO_SPACE, STORE_CHANGED, APPLY_FAILED, VERIFY_FAILED.
 */
export async function applySwitches(
  store: OpenStore,
  { switches, builds, clone }: SwitchRequest,
  options: SwitchOptions,
): Promise<Outcome> {
  return withSession(store, options, async (engine) => {
    refuseOpenTransaction(readTransactions(store.layout));
    const facts = readStackFacts(store.layout);
    for (const one of switches) refuseVersionsAbove(facts, one);
    // Before the long part, and again when it is done.
    if (!options.stageOnly) await refuseRunning(store, switches, options);
    const bound = { ...NOTHING_ELSE, switches };
    const applied = await applyBound(store, engine, () => ({ bound, clone, images: [], builds }), {
      ...options,
      restart: false,
    });
    return {
      ...applied,
      kind: 'switched',
      changed: true,
      transaction: applied.transaction.number,
      images: [],
      switches: switchViewsOf(switches),
    };
  });
}

const NOTHING_ELSE: Omit<BoundPlan, 'switches'> = {
  layers: [],
  reused: [],
  committed: [],
  images: [],
  tags: [],
  tops: [],
};
