import { asImageID } from '../domain/digest.ts';
import { parseReference } from '../domain/reference.ts';
import { changedRepositories } from './repositories-text.ts';
import type { StepContext } from './step.ts';
import { replaceRepositories } from './steps/move-tags.ts';

/** Adds tags that the running daemon has and repositories.json lacks; one more rename, or none. */
export function addMissingTags(
  context: Pick<StepContext, 'disk' | 'layout' | 'transaction'>,
  missing: readonly { readonly reference: string; readonly imageId: string }[],
): void {
  const values = missing.flatMap(({ reference, imageId }) => {
    const id = asImageID(imageId);
    const { repository } = parseReference(reference);
    return id === undefined ? [] : [{ repository, key: reference, imageId: id }];
  });
  replaceRepositories(context, (text) => changedRepositories(text, values));
}
