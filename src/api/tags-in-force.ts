import type { Transaction } from '../apply/journal.ts';
import { daemonTags } from '../daemon/daemon-tags.ts';
import { chainIdsOf, type ImageID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { TagChange } from '../domain/plan.ts';
import type { MovedTag } from '../domain/report.ts';
import { isFamiliarKey } from '../domain/reference.ts';
import { imageFile, layerEntry } from '../store/layout.ts';
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
  const words = transactions
    .filter(({ state }) => state === 'published')
    .flatMap(({ number, begin }) =>
      begin.images.flatMap((image) =>
        begin.bound.tags
          .filter(({ key }) => key === image.tag)
          .map((change) => {
            return [image.tag, { image: { ...image, transaction: number }, change }] as const;
          }),
      ),
    );
  return [...new Map(words).values()].map(({ image, change }) => {
    const now = byKey.get(image.tag)?.imageId;
    const named = now === image.after;
    if (!named && now !== change.before) return { image, change, state: 'moved' };
    if (named && loaded !== undefined && knows(loaded, image)) {
      return { image, change, state: 'loaded' };
    }
    const result = stateOf(layout, image.after);
    // Who removes a result through docker removes its config; who removes its new base does not.
    if (result === 'gone') return { image, change, state: named ? 'broken' : 'moved' };
    if (result === 'broken') return { image, change, state: 'broken' };
    if (!named) return { image, change, state: 'overwritten' };
    return { image, change, state: loaded === undefined ? 'loaded' : 'pending' };
  });
}

/** Whether an image's config is on the disk, and every layer below it. */
function stateOf(layout: OpenStore['layout'], imageId: ImageID): 'whole' | 'broken' | 'gone' {
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
