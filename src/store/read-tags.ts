import { asImageID, type ImageID } from '../domain/digest.ts';
import type { TagRecord, Tags } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from './layout.ts';
import { readText } from './read-file.ts';

/**
 * Reads repositories.json. A missing file is an empty one, as for dockerd; an empty or cut one is
 * damage, since dockerd does not start with it (store.md 1.6).
 * Throws STORE_DAMAGED.
 */
export function readTags(layout: Layout): Tags {
  const file = layout.repositories;
  let text: string | undefined;
  try {
    text = readText(file);
  } catch (cause) {
    throw damaged(file, cause instanceof TypeError ? 'it is no text' : String(cause), cause);
  }
  return parseTags(text ?? '{"Repositories":{}}', file);
}

/** Parses the text of repositories.json; `file` is named in errors. Throws STORE_DAMAGED. */
export function parseTags(text: string, file: string): Tags {
  const byKey = new Map<string, TagRecord>();
  const byImage = new Map<ImageID, string[]>();
  for (const [repository, keys] of Object.entries(parseRepositories(text, file))) {
    for (const [key, value] of Object.entries(keys)) {
      const imageId = asImageID(value);
      if (imageId === undefined) continue;
      byKey.set(key, { repository, key, imageId });
      byImage.set(imageId, [...(byImage.get(imageId) ?? []), key].sort());
    }
  }
  return { byKey, byImage };
}

/** The `Repositories` object itself: repository -> key -> image ID. Throws STORE_DAMAGED. */
export function parseRepositories(
  text: string,
  file: string,
): Record<string, Record<string, string>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, text.trim() === '' ? 'it is empty' : 'it is no JSON', cause);
  }
  if (!isObject(document)) throw damaged(file, 'it is no JSON object');
  const repositories = document['Repositories'] ?? {};
  if (!isObject(repositories) || !Object.values(repositories).every(isObject)) {
    throw damaged(file, 'its "Repositories" is not what dockerd writes');
  }
  return repositories as Record<string, Record<string, string>>;
}

function damaged(file: string, what: string, cause?: unknown): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} cannot be read: ${what}`, {
    hint: 'dockerd does not start with such a file: restore it from a backup first',
    cause,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
