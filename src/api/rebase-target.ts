import type { ConfigMode } from '../domain/settings.ts';
import type { FoundImage } from '../resolve/find-image.ts';
import { RebaseError } from '../errors.ts';
import type { TagWish } from '../plan/plan-tags.ts';

/** One image of a request with everything that its plan depends on. */
export interface RebaseTarget {
  readonly found: FoundImage;
  readonly onto: FoundImage;
  /** As the user gives it; undefined: to be detected. */
  readonly from: string | undefined;
  readonly config: ConfigMode;
  readonly tags: TagWish;
  /** Checks waived for this image. */
  readonly allow: ReadonlySet<string>;
  /** What messages about it begin with: `bases.yaml:6:5: rebases[1]`; undefined: nothing. */
  readonly place: string | undefined;
}

/** Runs a step of planning; an error says which place of a manifest it is about. */
export function atPlace<T>(place: string | undefined, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (place === undefined || !(error instanceof RebaseError)) throw error;
    throw new RebaseError(error.code, `${place}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}
