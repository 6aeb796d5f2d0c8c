/**
 * A batch manifest: which images go onto which base, as its author wrote it (README, "Many images").
 */
import type { CheckName } from '../finding.ts';

export interface Manifest {
  /** The enabled entries, with the defaults filled in. */
  readonly rebases: readonly ManifestEntry[];
}

export interface ManifestEntry {
  /** `bases.yaml:6:5: rebases[1]`: what a message about the entry begins with. */
  readonly place: string;
  readonly target: ManifestTarget;
  readonly onto: string;
  readonly from: string | undefined;
  /** Tag of the result; may hold `{repository}` and `{tag}`. Undefined: the image's own tag moves. */
  readonly tag: string | undefined;
  readonly config: 'merge' | 'keep' | undefined;
  readonly allow: readonly CheckName[];
}

/** One image, or every local tag that matches one of the globs and none of the excluded ones. */
export type ManifestTarget =
  | { readonly kind: 'image'; readonly image: string }
  | {
      readonly kind: 'match';
      readonly match: readonly string[];
      readonly exclude: readonly string[];
    };

/** Keys of an entry, in the order in which the documentation lists them. */
export const ENTRY_KEYS = [
  'image',
  'match',
  'exclude',
  'onto',
  'from',
  'tag',
  'config',
  'allow',
  'enabled',
] as const;

/** Keys that `defaults` may hold. */
export const DEFAULT_KEYS = ['onto', 'from', 'tag', 'config', 'allow'] as const;

export const MANIFEST_KEYS = ['version', 'defaults', 'rebases'] as const;

export const MANIFEST_VERSION = 1;
