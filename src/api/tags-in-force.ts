import type { Transaction } from '../apply/journal.ts';
import { daemonTags } from '../daemon/daemon-tags.ts';
import { chainIdsOf, type ImageID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { TagChange } from '../domain/plan.ts';
import type { TagRecord } from '../domain/snapshot.ts';
import type { MovedTag } from '../domain/report.ts';
import { isFamiliarKey } from '../domain/reference.ts';
import { imageFile, layerEntry, type Layout } from '../store/layout.ts';
import { readField, statOf } from '../store/read-file.ts';
import { readTags } from '../store/read-tags.ts';
import type { OpenStore } from './open-store.ts';

/** A tag that a transaction has set, and what became of it. */
export interface TagInForce {
  readonly image: MovedTag;
  readonly change: TagChange;
  /**
   * loaded: as it was left, and a running daemon knows it. pending: as it was left, and the running
   * daemon has not read it. overwritten: back on the old image, whose replacement is there.
   * broken: the daemon would not list it, because a layer (or the config that the tag names) is gone.
   * moved: it names something else, or nothing, or the old image again after the result was removed.
   */
  readonly state: 'loaded' | 'pending' | 'overwritten' | 'broken' | 'moved';
}

/** The tags that published transactions have set, the last word on each. Reads only. */
export async function tagsInForce(
  { layout, engine }: OpenStore,
  transactions: readonly Transaction[],
): Promise<TagInForce[]> {
  const { byKey } = readTags(layout);
  const loaded = engine === undefined ? undefined : daemonTags(await engine.listImages());
  return lastWords(transactions).map((word) => {
    return { ...word, state: stateOf(word, { layout, now: byKey.get(word.image.tag), loaded }) };
  });
}

/** Of the tags that published transactions have set, the overwritten ones. Reads only. */
export function overwrittenTags(
  layout: Layout,
  transactions: readonly Transaction[],
): readonly MovedTag[] {
  const { byKey } = readTags(layout);
  return (
    lastWords(transactions)
      .map((word) => ({ ...word, now: byKey.get(word.image.tag) }))
      // Most tags are as they were left, and need no look at their images.
      .filter(({ image, now }) => now?.imageId !== image.after)
      .filter(
        ({ now, ...word }) => stateOf(word, { layout, now, loaded: undefined }) === 'overwritten',
      )
      .map(({ image }) => image)
  );
}

type Word = Pick<TagInForce, 'image' | 'change'>;

/** What the latest transaction about each tag says. */
function lastWords(transactions: readonly Transaction[]): Word[] {
  const words = new Map<string, Word>();
  for (const { number, begin, state } of transactions) {
    if (state !== 'published') continue;
    const changes = new Map(begin.bound.tags.map((change) => [change.key, change]));
    for (const image of begin.images) {
      const change = changes.get(image.tag);
      if (change === undefined) continue;
      words.set(image.tag, { image: { ...image, transaction: number }, change });
    }
  }
  return [...words.values()];
}

interface Present {
  readonly layout: Layout;
  /** What the tag names. */
  readonly now: TagRecord | undefined;
  /** What a running daemon knows, by tag. */
  readonly loaded: ReadonlyMap<string, string> | undefined;
}

function stateOf({ image, change }: Word, { layout, now, loaded }: Present): TagInForce['state'] {
  const named = now?.imageId === image.after;
  if (!named && now?.imageId !== change.before) return 'moved';
  if (named && loaded !== undefined && knows(loaded, image)) return 'loaded';
  const result = presenceOf(layout, image.after);
  // Who removes a result through docker removes its config; who removes its new base does not.
  if (result === 'gone') return named ? 'broken' : 'moved';
  if (result === 'broken') return 'broken';
  if (!named) return 'overwritten';
  return loaded === undefined ? 'loaded' : 'pending';
}

/** Whether an image's config is on the disk, and every layer below it. */
function presenceOf(layout: Layout, imageId: ImageID): 'whole' | 'broken' | 'gone' {
  const text = readField(imageFile(layout, imageId));
  if (text === undefined) return 'gone';
  const isWhole = chainIdsOf(parseImageConfig(text).diffIds).every(
    (chainId) => statOf(layerEntry(layout, chainId)) !== undefined,
  );
  return isWhole ? 'whole' : 'broken';
}

/** Whether a daemon's list has the result under its tag, or at all where it cannot list the tag. */
function knows(loaded: ReadonlyMap<string, string>, { tag, after }: MovedTag): boolean {
  return isFamiliarKey(tag) ? loaded.get(tag) === after : [...loaded.values()].includes(after);
}
