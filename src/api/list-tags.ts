import { tagsOf } from '../domain/snapshot.ts';
import { readTags } from '../store/read-tags.ts';
import { openStore, type StoreOptions } from './open-store.ts';

/**
 * The tags of the host, sorted; for completion, where nobody wants to read why there are none, so
 * that whatever goes wrong gives an empty list.
 */
export async function listTags(options: StoreOptions): Promise<string[]> {
  try {
    const { layout } = await openStore(options);
    const tags = readTags(layout);
    return [...tags.byImage.keys()].flatMap((imageId) => tagsOf({ tags }, imageId)).sort();
  } catch {
    return [];
  }
}
