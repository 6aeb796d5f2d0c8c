import { shortId, type ImageID } from '../domain/digest.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { TagChange } from '../domain/plan.ts';
import { parseReference, referenceKey, type Reference } from '../domain/reference.ts';
import { tagsOf, type Snapshot, type TagRecord } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';

export interface TagInput {
  /** How the user calls the image. */
  readonly reference: string;
  /** The line of repositories.json by which the image was found, if by one. */
  readonly found: TagRecord | undefined;
  readonly oldImage: ImageID;
  readonly newImage: ImageID;
  readonly wish: TagWish;
  /** --keep-old: a template, undefined when the old image gets no tag. */
  readonly keepOld: string | undefined;
}

/** Which names the result gets: that by which the image was found, all of the image's, or another. */
export type TagWish = 'own' | 'all' | { readonly tag: string };

/** The tag that --keep-old without a value gives: the same on every host. */
export const KEEP_OLD_TEMPLATE = '{repository}:{tag}-before-{id}';

/**
 * Which lines of repositories.json change: the tags that the result gets and, with --keep-old, one
 * more for the old image. Digest references stay where they are, since the result has no manifest
 * of that digest. Throws USAGE when the result would have no tag, BAD_REFERENCE.
 */
export function planTags(snapshot: Snapshot, input: TagInput): TagChange[] {
  const moved = resultTags(snapshot, input).map((tag) => changeOf(snapshot, tag, input.newImage));
  const [first] = moved;
  const kept = first === undefined ? [] : keptTag(snapshot, input, first);
  return [...moved, ...kept].filter((change) => change.before !== change.after);
}

/**
 * Refuses a --tag or --keep-old that no image could have, also where there is nothing to do.
 * Throws USAGE, BAD_REFERENCE.
 */
export function refuseOddNames({ wish, keepOld }: Pick<TagInput, 'wish' | 'keepOld'>): void {
  if (typeof wish === 'object') taggable(wish.tag, '--tag');
  if (keepOld !== undefined) taggable(filledIn(keepOld, ANY_NAME), '--keep-old');
}

/** Warns when no tag is left on the old image, since any `docker image prune` then takes it. */
export function oldImageFindings(
  snapshot: Snapshot,
  oldImage: ImageID,
  changes: readonly TagChange[],
): Finding[] {
  const moved = new Set(changes.map((change) => change.key));
  const left = tagsOf(snapshot, oldImage).filter((key) => !moved.has(key));
  const kept = changes.some((change) => change.after === oldImage);
  if (left.length > 0 || kept) return [];
  return [
    finding(
      'old-image',
      'note',
      `the old image ${shortId(oldImage)} is left without a tag: a prune would take the way back`,
      { hint: '--keep-old gives it one' },
    ),
  ];
}

function resultTags(
  snapshot: Snapshot,
  { reference, found, oldImage, wish }: TagInput,
): { repository?: string; key: string }[] {
  if (wish === 'all') return tagsOf(snapshot, oldImage).map((key) => ({ key }));
  if (wish !== 'own') return [{ key: referenceKey(taggable(wish.tag, '--tag')) }];
  if (found !== undefined && !found.key.includes('@')) return [found];
  throw new RebaseError('USAGE', `${reference} is no tag that could move to the result`, {
    hint: 'name the result: --tag NAME:TAG',
  });
}

function keptTag(snapshot: Snapshot, input: TagInput, moved: TagChange): TagChange[] {
  if (input.keepOld === undefined) return [];
  const own = input.found?.key.includes('@') === false ? input.found.key : moved.key;
  const { repository, tag } = parseReference(own);
  const id = shortId(input.oldImage);
  const name = filledIn(input.keepOld, { repository, tag: tag ?? 'latest', id });
  const key = referenceKey(taggable(name, '--keep-old'));
  if (key === moved.key) {
    throw new RebaseError('USAGE', `--keep-old ${key} is the name that the result gets`, {
      hint: 'give the old image another one; --keep-old alone chooses it',
    });
  }
  return [changeOf(snapshot, { key }, input.oldImage)];
}

interface Name {
  readonly repository: string;
  readonly tag: string;
  readonly id: string;
}

/** What a template is tried with before an image is known. */
const ANY_NAME: Name = { repository: 'repository', tag: 'tag', id: '0123456789ab' };

function filledIn(template: string, { repository, tag, id }: Name): string {
  return template
    .replaceAll('{repository}', repository)
    .replaceAll('{tag}', tag)
    .replaceAll('{id}', id);
}

function taggable(text: string, flag: string): Reference {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new RebaseError('USAGE', `${flag} ${text}: a digest cannot be given to an image`, {
    hint: 'write NAME:TAG',
  });
}

function changeOf(
  snapshot: Snapshot,
  { key, repository }: { key: string; repository?: string },
  after: ImageID,
): TagChange {
  const existing = snapshot.tags.byKey.get(key);
  return {
    repository: existing?.repository ?? repository ?? key.slice(0, key.lastIndexOf(':')),
    key,
    before: existing?.imageId,
    after,
  };
}
