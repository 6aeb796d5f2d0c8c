/**
 * Which journals must stay: those that an undo may still need. Ownership of layers, images and
 * `committed` marks is over all journals, so one that is finished may still be needed by another.
 */
import { shortId, type ImageID } from '../domain/digest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { builtOnAny } from './built-on.ts';
import type { DoneTransaction } from './done-transaction.ts';
import type { UndoFacts } from './plan-undo.ts';
import { hasFolder } from './undo-switches.ts';
import { withoutWayBack } from './way-back.ts';

export interface JournalFacts extends UndoFacts {
  /** Transactions that are neither finished nor taken back, or whose daemon is down. */
  readonly open: ReadonlySet<number>;
  /** Tags that a running dockerd has not loaded, or has overwritten. */
  readonly unsettled: ReadonlySet<string>;
}

/** Why each journal that stays does so, by number; takes all transactions of the store. */
export function neededJournals(
  all: readonly DoneTransaction[],
  facts: JournalFacts,
): Map<number, string> {
  const { snapshot, switched, open, unsettled } = facts;
  const published = all.filter(({ state }) => state === 'published');
  const noWayBack = withoutWayBack(published, {
    hasImage: (id) => snapshot.images.has(id),
    hasFolder: (cacheId, folder) => {
      const layer = switched.versions.get(cacheId);
      return layer !== undefined && hasFolder(layer, folder);
    },
  });
  const undoable = published.filter(({ number }) => !noWayBack.has(number));
  const newest = Math.max(0, ...all.map(({ number }) => number));
  const needed = new Map<number, string>();
  for (const one of all) {
    const { number, state, images } = one;
    const user = undoable.find((other) => other.number !== number && needs(other, one, facts));
    const left = state === 'undone' ? leftBehind(one, facts) : undefined;
    const reason = open.has(number)
      ? 'it is not finished'
      : undoable.includes(one)
        ? 'it can be undone'
        : images.some(({ tag }) => state === 'published' && unsettled.has(tag))
          ? 'dockerd has not loaded it'
          : user !== undefined
            ? `the undo of transaction ${user.number} needs it`
            : left !== undefined
              ? `${left} that it made is still in the store`
              : number === newest
                ? 'it is the newest, and its number is not given twice'
                : undefined;
    if (reason !== undefined) needed.set(number, reason);
  }
  return needed;
}

/** Whether the undo of one transaction may remove something that the other has made, or meets it. */
function needs(
  undone: DoneTransaction,
  owner: DoneTransaction,
  { snapshot, use }: JournalFacts,
): boolean {
  if (owner.state === 'discarded') return false;
  const layers = new Set(owner.bound.layers.map(({ chainId }) => chainId));
  const images = new Set<ImageID>(owner.bound.images.map(({ imageId }) => imageId));
  for (const { imageId } of undone.bound.images) images.delete(imageId);
  const marks = new Set(owner.bound.committed);
  return (
    undone.bound.reused.some((chainId) => layers.has(chainId)) ||
    undone.images.some(({ after }) => images.has(after)) ||
    undone.bound.layers.some(
      ({ parent }) => parent !== undefined && marks.has(use.cacheIds.get(parent) ?? ''),
    ) ||
    (owner.state === 'published' && looksBuiltOn(owner, undone, snapshot))
  );
}

/** Without its journal, such a result would refuse the undo, as an image that was built on it does. */
function looksBuiltOn(
  owner: DoneTransaction,
  undone: DoneTransaction,
  snapshot: Snapshot,
): boolean {
  const isBuiltOnIt = builtOnAny(
    undone.images.map(({ after }) => after),
    snapshot,
  );
  return owner.images.some(({ after }) => {
    const image = snapshot.images.get(after);
    return image !== undefined && isBuiltOnIt(image);
  });
}

/** What an undo has left, since something used it then; a later rebase may come to use it. */
function leftBehind(
  { bound }: DoneTransaction,
  { snapshot, use }: JournalFacts,
): string | undefined {
  const layer = bound.layers.find(({ chainId, cacheId }) => use.cacheIds.get(chainId) === cacheId);
  if (layer !== undefined) return `the layer ${shortId(layer.chainId)}`;
  const image = bound.images.find(({ imageId }) => snapshot.images.has(imageId));
  return image === undefined ? undefined : `the image ${shortId(image.imageId)}`;
}
