import { discard, publish, undo, type Engine } from '../apply/engine.ts';
import { halfWay, throwAfter } from '../apply/half-way.ts';
import type { Transaction } from '../apply/journal.ts';
import { obstaclesTo } from '../apply/obstacles.ts';
import { chainIdsOf } from '../domain/digest.ts';
import { asStep } from '../domain/progress.ts';
import { RebaseError } from '../errors.ts';
import { activeFolder } from '../store/active-directory.ts';
import { imageFile } from '../store/layout.ts';
import { readField } from '../store/read-file.ts';
import { readLayers } from '../store/read-snapshot.ts';
import { readTags } from '../store/read-tags.ts';
import { stackFindings } from '../verify/concerning.ts';
import { changesSince, concernedChains } from '../verify/still-valid.ts';
import { planUndoOf } from './undo-facts.ts';

/**
 * Publishes a staged transaction, or goes on with one that was interrupted, and reads back what was
 * written. Throws STORE_CHANGED, with the staged files removed, when the plan does not fit any more;
 * VERIFY_FAILED, with everything taken back, when the result is not sound; HALF_WAY.
 */
export async function publishVerified(
  engine: Engine,
  transaction: Transaction,
): Promise<Transaction> {
  await refuseUnpublishable(engine, transaction);
  const published = await publish(engine, transaction);
  const [problem] = await asStep(engine.progress, 'read back what was written', () =>
    problemsOf(engine, published),
  );
  if (problem === undefined) return published;
  const failure = new RebaseError(
    'VERIFY_FAILED',
    `what was written is not sound (${problem}); everything is taken back`,
    {
      hint: 'this is a bug in rebase-image, or the disk is failing',
      transaction: transaction.number,
    },
  );
  return throwAfter(failure, published, () =>
    undo(engine, published, planUndoOf(engine.layout, published).removable),
  );
}

/** Before its first rename a publish that does not fit is discarded; after it, it only ends. */
async function refuseUnpublishable(engine: Engine, transaction: Transaction): Promise<void> {
  const { layout } = engine;
  const obstacles = obstaclesTo(layout, transaction);
  if (transaction.state === 'publishing') {
    if (obstacles.length === 0) return;
    const hint = 'rebase-image abort takes it back; then run the command again';
    throw halfWay(transaction, 'publish', new Error(firstOf(obstacles)), hint);
  }
  const { bound } = transaction.begin;
  const changes = changesSince(bound, {
    tags: readTags(layout),
    layers: readLayers(layout, concernedChains(bound)),
  });
  const reasons = [...changes, ...obstacles];
  if (reasons.length === 0) return;
  const refusal = new RebaseError(
    'STORE_CHANGED',
    `the store has changed since the plan was made: ${firstOf(reasons)}`,
    { hint: 'what was staged is removed; run the same command again' },
  );
  await throwAfter(refusal, transaction, () => discard(engine, transaction));
}

function firstOf(reasons: readonly string[]): string {
  return reasons.slice(0, 3).join('; ');
}

/** The names of new directories were free, and reading all owners would prolong dockerd's downtime. */
const NO_OWNERS = new Map<string, never>();

/**
 * What is wrong with the published stacks, tags and configs, read back from the disk. Reads only what
 * was written: dockerd may be down meanwhile, whatever the number of other images.
 */
function problemsOf({ layout }: Engine, { begin }: Transaction): string[] {
  const { tops, tags, images, switches } = begin.bound;
  const layers = readLayers(
    layout,
    tops.flatMap(({ diffIds }) => chainIdsOf(diffIds)),
  );
  const { byKey } = readTags(layout);
  return [
    ...tops.flatMap(({ diffIds }) => stackFindings(diffIds, layers, NO_OWNERS)),
    ...images
      .filter(({ imageId, configText }) => readField(imageFile(layout, imageId)) !== configText)
      .map(({ imageId }) => ({ message: `the config of ${imageId} does not read back` })),
    ...tags
      .filter(({ key, before }) => byKey.get(key)?.imageId === before)
      .map(({ key }) => ({ message: `${key} did not move` })),
    ...switches
      .filter(({ cacheId, after }) => activeFolder(layout, cacheId) !== after)
      .map(({ base }) => ({ message: `${base} shows other files` })),
  ].map(({ message }) => message);
}
