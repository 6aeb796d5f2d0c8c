/**
 * The three-way rule for one setting.
 */
import type { SettingKind } from '../../domain/settings.ts';
import type { Setting } from './read-settings.ts';

/** A setting in the image and in the two bases; undefined where it is not set. */
export interface Sides {
  readonly app: Setting | undefined;
  readonly oldBase: Setting | undefined;
  readonly newBase: Setting | undefined;
}

export type Decision = Exclude<SettingKind, 'updated'>;

/**
 * Decides whose value the result has; undefined when image and bases agree, so that there is
 * nothing to decide. `own`: the image's Dockerfile has set it.
 */
export function decide({ app, oldBase, newBase }: Sides, own: boolean): Decision | undefined {
  if (!own && same(app, oldBase)) return same(app, newBase) ? undefined : 'taken';
  if (own || same(oldBase, newBase)) return 'kept';
  return same(app, newBase) ? 'agreed' : 'conflict';
}

/** Whether two settings mean the same. */
export function same(a: Setting | undefined, b: Setting | undefined): boolean {
  return a?.meaning === b?.meaning;
}
