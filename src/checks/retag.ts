import { shortId, type ImageID } from '../domain/digest.ts';
import type { Finding, TagChange } from '../domain/plan.ts';

/** A tag that names neither the image itself nor its result must not be taken silently. */
export function checkRetag(changes: readonly TagChange[], oldImage: ImageID): Finding[] {
  return changes.flatMap(({ key, before }) =>
    before === undefined || before === oldImage
      ? []
      : [
          {
            check: 'retag' as const,
            severity: 'breaks' as const,
            message: `${key} names another image, ${shortId(before)}`,
            hint: undefined,
          },
        ],
  );
}
