import stringify from 'json-stable-stringify';
import type { ImageID } from '../domain/digest.ts';

/** What one key of repositories.json shall name; undefined removes the key. */
export interface TagValue {
  readonly repository: string;
  readonly key: string;
  readonly imageId: ImageID | undefined;
}

/**
 * The text of repositories.json with these keys set, as dockerd prints it: compact, keys sorted.
 * A repository without keys goes, as when dockerd removes its last tag
 * (moby refstore/store.go: Delete). The text itself when nothing changes.
 */
export function changedRepositories(text: string, values: readonly TagValue[]): string {
  const document = JSON.parse(text) as Record<string, unknown>;
  const repositories = new Map(
    Object.entries((document['Repositories'] ?? {}) as Record<string, Record<string, string>>).map(
      ([name, keys]) => [name, new Map(Object.entries(keys))] as const,
    ),
  );
  let changes = 0;
  for (const { repository, key, imageId } of values) {
    const keys = repositories.get(repository) ?? new Map<string, string>();
    if (keys.get(key) === imageId) continue;
    changes += 1;
    if (imageId === undefined) keys.delete(key);
    else keys.set(key, imageId);
    if (keys.size === 0) repositories.delete(repository);
    else repositories.set(repository, keys);
  }
  if (changes === 0) return text;
  const printed = Object.fromEntries(
    [...repositories].map(([name, keys]) => [name, Object.fromEntries(keys)] as const),
  );
  return stringify({ ...document, Repositories: printed }) ?? text;
}
