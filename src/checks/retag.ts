import { shortId, type ImageID } from '../domain/digest.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { TagChange } from '../domain/plan.ts';

/** A tag that names neither the image itself nor its result must not be taken silently. */
export function checkRetag(changes: readonly TagChange[], oldImage: ImageID): Finding[] {
  return changes.flatMap(({ key, before }) =>
    before === undefined || before === oldImage
      ? []
      : [finding('retag', 'breaks', `${key} names another image, ${shortId(before)}`)],
  );
}
