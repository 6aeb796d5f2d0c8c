import { readTransactions, type Transaction } from '../apply/journal.ts';
import type { LayerSwitch } from '../domain/bound-plan.ts';
import { shortId } from '../domain/digest.ts';
import {
  planUndo,
  type DoneTransaction,
  type SwitchedLayers,
  type UndoFacts,
  type UndoPlan,
} from '../plan/plan-undo.ts';
import { nameOf, versionsAbove } from '../resolve/versions-above.ts';
import { readMounted } from './overlay/mounted-on.ts';
import { readStackFacts } from './overlay/read-stack-facts.ts';
import type { Layout } from '../store/layout.ts';
import { readLayerVersions } from '../store/overlay/read-versions.ts';
import { readLayerUse } from '../store/read-layer-use.ts';
import { readSnapshot } from '../store/read-snapshot.ts';

/** Plans the undo of a transaction on the store as it is now. Reads only. */
export function planUndoOf(layout: Layout, transaction: Transaction): UndoPlan {
  const transactions = doneTransactions(readTransactions(layout));
  return planUndo(doneTransaction(transaction), transactions, readUndoFacts(layout, transactions));
}

/** Reads what undos of these transactions are planned from. */
export function readUndoFacts(layout: Layout, transactions: readonly DoneTransaction[]): UndoFacts {
  const use = readLayerUse(layout);
  const switches = transactions.flatMap(({ bound }) => bound.switches);
  const there = switches.filter(({ chainId, cacheId }) => use.cacheIds.get(chainId) === cacheId);
  const versions = there.flatMap(({ cacheId }) => {
    const layer = readLayerVersions(layout, cacheId);
    return layer === undefined ? [] : [[cacheId, layer] as const];
  });
  return {
    snapshot: readSnapshot(layout),
    use,
    switched: {
      versions: new Map(versions),
      above: there.length === 0 ? new Map() : versionsOn(layout, there),
      running: there.length === 0 ? new Map() : runningOn(layout, there),
    },
  };
}

function versionsOn(layout: Layout, switches: readonly LayerSwitch[]): SwitchedLayers['above'] {
  const facts = readStackFacts(layout);
  return new Map(
    switches.map(({ chainId }) => [chainId, versionsAbove(facts, chainId).map(nameOf)] as const),
  );
}

function runningOn(layout: Layout, switches: readonly LayerSwitch[]): SwitchedLayers['running'] {
  const mountedOn = readMounted(layout);
  return new Map(
    switches.map(({ chainId, link }) => {
      return [chainId, mountedOn(link).map(({ name, id }) => name || shortId(id))] as const;
    }),
  );
}

/** Transactions as planning needs them: a discarded one has left nothing. */
export function doneTransactions(transactions: readonly Transaction[]): DoneTransaction[] {
  return transactions.filter(({ state }) => state !== 'discarded').map(doneTransaction);
}

/** A transaction as far as planning needs it. */
export function doneTransaction({ number, state, begin, bound }: Transaction): DoneTransaction {
  return { number, state, images: begin.images, bound };
}
