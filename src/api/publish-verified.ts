import { discard, publish, undo, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { chainIdsOf } from '../domain/digest.ts';
import { RebaseError } from '../errors.ts';
import { imageFile } from '../store/layout.ts';
import { readField } from '../store/read-file.ts';
import { readLayers } from '../store/read-snapshot.ts';
import { readTags } from '../store/read-tags.ts';
import { chainProblems } from '../verify/layer-chain.ts';
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
  // Once its first rename is done, a publish only goes forward.
  if (transaction.state === 'staged') await refuseChanges(engine, transaction);
  const published = await publish(engine, transaction);
  const [problem] = problemsOf(engine, published);
  if (problem === undefined) return published;
  await undo(engine, published, planUndoOf(engine.layout, published).removable);
  throw new RebaseError(
    'VERIFY_FAILED',
    `what was written is not sound (${problem}); everything was taken back`,
    {
      hint: 'this is a bug in rebase-image, or the disk is failing',
      transaction: transaction.number,
    },
  );
}

async function refuseChanges(engine: Engine, transaction: Transaction): Promise<void> {
  const { bound } = transaction.begin;
  const { layout } = engine;
  const changes = changesSince(bound, {
    tags: readTags(layout),
    layers: readLayers(layout, concernedChains(bound)),
  });
  if (changes.length === 0) return;
  await discard(engine, transaction);
  throw new RebaseError(
    'STORE_CHANGED',
    `the store has changed since the plan was made: ${changes.slice(0, 3).join('; ')}`,
    { hint: 'what was staged is removed; run the same command again' },
  );
}

/**
 * What is wrong with the published stacks, tags and configs, read back from the disk. Reads only what
 * was written: dockerd may be down meanwhile, whatever the number of other images.
 */
function problemsOf({ layout }: Engine, { begin }: Transaction): string[] {
  const { tops, tags, images } = begin.bound;
  const layers = readLayers(
    layout,
    tops.flatMap(({ diffIds }) => chainIdsOf(diffIds)),
  );
  const { byKey } = readTags(layout);
  return [
    ...tops.flatMap(({ diffIds }) => chainProblems(diffIds, layers)),
    ...images
      .filter(({ imageId, configText }) => readField(imageFile(layout, imageId)) !== configText)
      .map(({ imageId }) => ({ message: `the config of ${imageId} does not read back` })),
    ...tags
      .filter(({ key, before }) => byKey.get(key)?.imageId === before)
      .map(({ key }) => ({ message: `${key} did not move` })),
  ].map(({ message }) => message);
}
