import { discard, type Engine } from '../apply/engine.ts';
import { openTransaction, readTransactions, type Transaction } from '../apply/journal.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import { counted } from '../domain/counted.ts';
import type { KeptImage, OldImage, PruneOutcome, PruneReport } from '../domain/prune.ts';
import { RebaseError } from '../errors.ts';
import { planPrune } from '../plan/plan-prune.ts';
import { measureFreed } from '../store/measure-freed.ts';
import { readLayerUse } from '../store/read-layer-use.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { transactionView } from './list-transactions.ts';
import { daemonView, lookAgain, type OpenStore } from './open-store.ts';
import {
  refuseLocked,
  refuseOpenTransaction,
  withSession,
  type SessionOptions,
} from './session.ts';
import { tagsInForce } from './tags-in-force.ts';
import { doneTransactions } from './undo-facts.ts';

/**
 * Plans a prune: which old images can go, which stay and why, what was staged for nothing, what
 * comes free. Reads only. Throws LOCKED, TRANSACTION_OPEN for a half-done publish or undo.
 */
export async function planPruneOf(
  store: OpenStore,
  options: Pick<SessionOptions, 'lockTimeoutSeconds'>,
): Promise<PruneReport> {
  await refuseLocked(store, options);
  return report(store);
}

/**
 * Does what was shown, as far as it still holds: throws away what was staged, and has dockerd remove
 * the old images. Nothing of dockerd's is deleted by this program itself, so each removal is whole or
 * not begun, and another prune goes on where one ended.
 * Throws LOCKED, TRANSACTION_OPEN, HALF_WAY, DAEMON_FAILED, INTERRUPTED.
 */
export async function pruneStore(
  opened: OpenStore,
  shown: PruneReport,
  options: SessionOptions,
): Promise<PruneOutcome> {
  return withSession(opened, options, async (engine) => {
    const store = await lookAgain(opened);
    const { plan, blocked, leftovers } = await report(store);
    const discarded = await discardLeftovers(engine, both(leftovers, shown.leftovers));
    const wanted = new Set(shown.plan.images.map(({ imageId }) => imageId));
    const images = plan.images.filter(({ imageId }) => wanted.has(imageId));
    const done =
      store.engine === undefined || blocked !== undefined
        ? { released: [], kept: [] }
        : await release(store.engine, engine, images);
    const kept = [...plan.kept.filter(({ imageId }) => wanted.has(imageId)), ...done.kept];
    const changed = discarded.length > 0 || done.released.length > 0;
    return { changed, discarded, released: done.released, kept };
  });
}

async function report(store: OpenStore): Promise<PruneReport> {
  const { layout } = store;
  const transactions = readTransactions(layout);
  const open = openTransaction(transactions);
  const leftovers = open !== undefined && isLeftover(open) ? [open] : [];
  if (leftovers.length === 0) refuseOpenTransaction(transactions);
  const use = readLayerUse(layout);
  const plan = planPrune(doneTransactions(transactions), { snapshot: readSnapshot(layout), use });
  const blocked = plan.images.length === 0 ? undefined : await blockOf(store, transactions);
  const going = blocked === undefined ? plan.layers : [];
  const staged = leftovers.flatMap(({ bound }) => bound.layers.map(({ cacheId }) => cacheId));
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    plan,
    blocked,
    leftovers: leftovers.map(transactionView),
    freed: measureFreed(layout, [
      ...going.map((chainId) => use.cacheIds.get(chainId) ?? ''),
      ...staged,
    ]),
  };
}

/** Staged or half staged, and no daemon to be brought back first. */
function isLeftover({ state, daemonToStart }: Transaction): boolean {
  return (state === 'staging' || state === 'staged') && daemonToStart === undefined;
}

/**
 * Old images are dockerd's own: only a running dockerd knows all that holds them. One that has not
 * read a published tag yet would write its old list of tags with the first removal.
 */
async function blockOf(
  store: OpenStore,
  transactions: readonly Transaction[],
): Promise<string | undefined> {
  if (!store.dockerd.running) return 'dockerd does not run, and removes images itself: start it';
  if (store.engine === undefined) return 'dockerd does not answer: name its socket with --host';
  const tags = await tagsInForce(store, transactions);
  const pending = tags.find(({ state }) => state === 'pending');
  if (pending === undefined) return undefined;
  return `dockerd has not loaded ${pending.image.tag} yet: restart it`;
}

async function discardLeftovers(
  engine: Engine,
  numbers: ReadonlySet<number>,
): Promise<readonly number[]> {
  const leftovers = readTransactions(engine.layout).filter(({ number }) => numbers.has(number));
  for (const transaction of leftovers) {
    await discard(engine, transaction);
  }
  return leftovers.map(({ number }) => number);
}

function both(now: PruneReport['leftovers'], shown: PruneReport['leftovers']): ReadonlySet<number> {
  const wanted = new Set(shown.map(({ transaction }) => transaction));
  return new Set(now.map(({ transaction }) => transaction).filter((number) => wanted.has(number)));
}

async function release(
  daemon: EngineApi,
  { progress, signal }: Engine,
  images: readonly OldImage[],
): Promise<{ released: OldImage[]; kept: KeptImage[] }> {
  const released: OldImage[] = [];
  const kept: KeptImage[] = [];
  const what = `remove ${counted(images.length, 'image')}`;
  for (const [done, image] of images.entries()) {
    if (signal?.aborted === true) throw endedEarly(released.length, images.length, signal.reason);
    progress(what, { done, total: images.length, unit: 'images' });
    const reasons = await removeThroughDaemon(daemon, image);
    if (reasons.length === 0) released.push(image);
    else kept.push({ imageId: image.imageId, was: image.was, reasons });
  }
  return { released, kept };
}

/** @returns why dockerd keeps the image; nothing when it is gone */
async function removeThroughDaemon(
  daemon: EngineApi,
  { imageId, tags }: OldImage,
): Promise<string[]> {
  const now = await daemon.inspectImage(imageId);
  if (now === undefined) return [];
  const others = now.repoTags.filter((tag) => !tags.includes(tag));
  if (others.length > 0) return others.map((tag) => `the tag ${tag} names it`);
  try {
    // By its names: only an image without any goes by its ID, which takes a name along.
    for (const name of [...now.repoTags, ...now.repoDigests]) await daemon.removeImage(name);
    await daemon.removeImage(imageId);
    return [];
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'IN_USE') return [error.message];
    throw error;
  }
}

function endedEarly(done: number, of: number, cause: unknown): RebaseError {
  return new RebaseError('INTERRUPTED', `ended by a signal; ${done} of ${of} images are removed`, {
    hint: 'rebase-image prune goes on',
    cause,
  });
}
