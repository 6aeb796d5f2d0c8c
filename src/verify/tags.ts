import { asImageID, shortId } from '../domain/digest.ts';
import type { Inventory } from '../domain/inventory.ts';
import { isFamiliarKey, parseReference } from '../domain/reference.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { shown } from './layer-problems.ts';
import { storeFinding } from './remedies.ts';

/** repositories.json and what it names (store.md 7: 15). */
export function examineTags({ repositories, images }: Inventory): StoreFinding[] {
  const { state, problem, entries } = repositories;
  if (state === 'broken') {
    return [storeFinding('repositories-broken', `repositories.json: ${problem ?? ''}`)];
  }
  if (state !== 'read') {
    if (images.size === 0) return [];
    const what = state === 'absent' ? 'there is no repositories.json' : 'repositories.json is bare';
    return [storeFinding('repositories-missing', what)];
  }
  return entries.flatMap(({ repository, key, value }) => {
    const imageId = asImageID(value);
    const about = imageId === undefined ? [] : [imageId];
    return [
      ...nameProblems(repository, key, about),
      ...(imageId === undefined
        ? [storeFinding('tag-dangling', `tag ${shown(key)} names ${shown(value)}, no image ID`)]
        : images.has(imageId)
          ? []
          : [
              storeFinding(
                'tag-dangling',
                `tag ${shown(key)} names image ${shortId(imageId)}, which is gone`,
                about,
              ),
            ]),
    ];
  });
}

function nameProblems(repository: string, key: string, about: readonly string[]): StoreFinding[] {
  if (!isFamiliarKey(key)) {
    return [
      storeFinding('tag-unfamiliar', `tag ${shown(key)} is no name as dockerd writes it`, about),
    ];
  }
  if (parseReference(key).repository === repository) return [];
  const message = `tag ${shown(key)} stands below the repository ${shown(repository)}`;
  return [storeFinding('tag-misplaced', message, about)];
}
