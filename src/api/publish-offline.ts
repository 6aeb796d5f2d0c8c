import { discard, publish, undo, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { holdDockerdLock } from '../daemon/dockerd-lock.ts';
import { chainIdsOf } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import { RebaseError } from '../errors.ts';
import { readSnapshot, withLayers } from '../store/read-snapshot.ts';
import { chainProblems } from '../verify/layer-chain.ts';
import { changesSince, concernedChains } from '../verify/still-valid.ts';
import type { OpenStore } from './open-store.ts';
import { planUndoOf } from './undo-facts.ts';

/** dockerd does not run, and cannot start while its lock is held. */
export async function publishOffline(
  { layout }: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  const lock = await holdDockerdLock(layout.root);
  try {
    const fitting = await refuseChanges(engine, transaction);
    const published = await publish(engine, fitting);
    const problems = problemsOf(engine, published);
    if (problems.length > 0) {
      await undoUnverified(engine, published, problems);
    }
    return published;
  } finally {
    lock.release();
  }
}

/** Throws STORE_CHANGED, with the staged files removed, when the plan does not fit any more. */
export async function refuseChanges(
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  // Once its first rename is done, a publish only goes forward.
  if (transaction.state !== 'staged') return transaction;
  const { bound } = transaction.begin;
  const snapshot = withLayers(engine.layout, readSnapshot(engine.layout), concernedChains(bound));
  const changes = changesSince(bound, snapshot);
  if (changes.length === 0) return transaction;
  await discard(engine, transaction);
  throw new RebaseError(
    'STORE_CHANGED',
    `the store has changed since the plan was made: ${changes.slice(0, 3).join('; ')}`,
    { hint: 'what was staged is removed; run the same command again' },
  );
}

/** What is wrong with the written layers, read back from the disk. */
function problemsOf({ layout }: Engine, { begin }: Transaction): string[] {
  return begin.bound.images.flatMap(({ configText }) => {
    const { diffIds } = parseImageConfig(configText);
    const { layers } = withLayers(layout, EMPTY, chainIdsOf(diffIds));
    return chainProblems(diffIds, layers).map(({ message }) => message);
  });
}

const EMPTY = {
  images: new Map(),
  brokenImages: new Map(),
  tags: { byKey: new Map(), byImage: new Map() },
  layers: new Map(),
  containers: [],
} satisfies ReturnType<typeof readSnapshot>;

async function undoUnverified(
  engine: Engine,
  transaction: Transaction,
  problems: readonly string[],
): Promise<never> {
  await undo(engine, transaction, planUndoOf(engine.layout, transaction).removable);
  throw new RebaseError(
    'VERIFY_FAILED',
    `what was written is not sound (${problems[0] ?? ''}); everything was taken back`,
    { hint: 'this is a bug in rebase-image, or the disk is failing' },
  );
}
