/**
 * What an examination of the store finds, and what follows from it. Source of the classes and of
 * what is examined: store.md 7.
 */

/**
 * F: broken, dockerd fails on it or destroys something. W: dockerd goes on, and one of its commands
 * does not. I: a remark.
 */
export type DamageClass = 'F' | 'W' | 'I';

export const STORE_CODES = [
  'layer-incomplete',
  'layer-field',
  'layer-chain',
  'layer-parent-missing',
  'layer-removing',
  'removing-live',
  'cache-id-shared',
  'layer-directory',
  'link-invalid',
  'link-missing',
  'link-target',
  'link-shared',
  'version-missing',
  'version-unknown',
  'version-leftover',
  'base-modified',
  'lower-wrong',
  'committed-missing',
  'work-missing',
  'tar-split',
  'layer-digest',
  'layer-file',
  'layer-extra-file',
  'layer-attributes',
  'layer-whiteout',
  'redirect-mark',
  'image-config',
  'image-digest',
  'image-layer-missing',
  'image-deep',
  'image-too-deep',
  'image-history',
  'image-parent',
  'image-last-updated',
  'repositories-broken',
  'repositories-missing',
  'tag-unfamiliar',
  'tag-misplaced',
  'tag-dangling',
  'mount-field',
  'mount-layer-missing',
  'mount-directory',
  'mount-link',
  'mount-lower',
  'mount-without-container',
  'container-config',
  'container-without-mount',
  'container-other-image',
  'container-image-gone',
  'container-other-driver',
  'container-alive',
  'container-dead',
  'orphan-directory',
  'orphan-layer',
  'orphan-link',
  'leftover',
  'stray-name',
  'buildkit-layer-missing',
  'buildkit-unreadable',
  'several-drivers',
] as const;
export type StoreCode = (typeof STORE_CODES)[number];

export interface StoreFinding {
  readonly code: StoreCode;
  readonly class: DamageClass;
  /** One line that names the thing. */
  readonly message: string;
  /** What dockerd does about it, in one line. */
  readonly consequence: string;
  /** Where it is known: `moby#44909`. */
  readonly issues: readonly string[];
  /** What to do, in one line; nothing in it loses data. */
  readonly remedy: string;
  /** Digests of layers and images and IDs of containers that it is about; none: the whole store. */
  readonly about: readonly string[];
  /** Images and containers that suffer, by name. */
  readonly affects: readonly string[];
}

/** Whether a finding is damage, and not a remark. */
export function isDamage({ class: severity }: StoreFinding): boolean {
  return severity !== 'I';
}
