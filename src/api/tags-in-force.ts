import type { Transaction } from '../apply/journal.ts';
import { daemonTags } from '../daemon/daemon-tags.ts';
import type { TagChange } from '../domain/plan.ts';
import type { TransactionImage } from '../domain/report.ts';
import { isFamiliarKey } from '../domain/reference.ts';
import { imageFile } from '../store/layout.ts';
import { statOf } from '../store/read-file.ts';
import { readTags } from '../store/read-tags.ts';
import type { OpenStore } from './open-store.ts';

/** A tag that a transaction has set, and what became of it. */
export interface TagInForce {
  readonly image: TransactionImage;
  readonly change: TagChange;
  /**
   * loaded: as it was left, and a running daemon knows it. pending: as it was left, and the running
   * daemon has not read it. overwritten: back on the old image, whose replacement is there.
   * moved: it names something else, or nothing.
   */
  readonly state: 'loaded' | 'pending' | 'overwritten' | 'moved';
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
    .flatMap(({ begin }) =>
      begin.images.flatMap((image) =>
        begin.bound.tags
          .filter(({ key }) => key === image.tag)
          .map((change) => [image.tag, { image, change }] as const),
      ),
    );
  return [...new Map(words).values()].map(({ image, change }) => {
    const now = byKey.get(image.tag)?.imageId;
    const isThere = statOf(imageFile(layout, image.after)) !== undefined;
    if (now === image.after) {
      const waits = loaded !== undefined && isThere && !knows(loaded, image);
      return { image, change, state: waits ? 'pending' : 'loaded' };
    }
    const isBack = now === change.before && isThere;
    return { image, change, state: isBack ? 'overwritten' : 'moved' };
  });
}

/** Whether a daemon's list has the result under its tag, or at all where it cannot list the tag. */
function knows(loaded: ReadonlyMap<string, string>, { tag, after }: TransactionImage): boolean {
  return isFamiliarKey(tag) ? loaded.get(tag) === after : [...loaded.values()].includes(after);
}
