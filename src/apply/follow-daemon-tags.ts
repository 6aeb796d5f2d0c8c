import { asImageID } from '../domain/digest.ts';
import { parseReference } from '../domain/reference.ts';
import { parseTags } from '../store/read-tags.ts';
import { changedRepositories } from './repositories-text.ts';
import type { StepContext } from './step.ts';
import { replaceRepositories } from './steps/move-tags.ts';

/** References, with the ImageID that a daemon has under each. */
export type DaemonTags = ReadonlyMap<string, string>;

/**
 * Brings repositories.json to what a running daemon did to its tags between two lists of them: a
 * tag made or moved is set, one removed goes. Tags of the plan and those that the daemon did not
 * touch stay as they are in the file. One more rename, or none. Returns the references concerned.
 */
export function followDaemonTags(
  context: Pick<StepContext, 'disk' | 'layout' | 'transaction'>,
  { before, after }: { before: DaemonTags; after: DaemonTags },
  planned: ReadonlySet<string>,
): string[] {
  const touched = [...new Set([...before.keys(), ...after.keys()])].filter(
    (reference) => before.get(reference) !== after.get(reference) && !planned.has(reference),
  );
  const followed: string[] = [];
  replaceRepositories(context, (text) => {
    const { byKey } = parseTags(text, context.layout.repositories);
    const differing = touched.filter(
      (reference) => byKey.get(reference)?.imageId !== after.get(reference),
    );
    followed.push(...differing);
    return changedRepositories(
      text,
      differing.map((reference) => ({
        repository: byKey.get(reference)?.repository ?? parseReference(reference).repository,
        key: reference,
        imageId: asImageID(after.get(reference)),
      })),
    );
  });
  return followed;
}
