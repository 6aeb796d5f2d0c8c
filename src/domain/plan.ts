/**
 * A plan: what a rebase will change, in facts that are the same on every host (no cache-ids, no
 * clock, no randomness), so that it can be shown, saved and compared.
 */
import type { ChainID, DiffID, ImageID } from './digest.ts';
import type { Finding } from './finding.ts';
import type { ConfigMode, SettingChange } from './settings.ts';

export interface Plan {
  readonly images: readonly ImagePlan[];
}

/** What happens to one image of the request. */
export type ImagePlan = PlannedRebase | NothingToDo;

export interface NothingToDo {
  readonly kind: 'nothing';
  /** The reference or ID that the user gave, in its familiar form. */
  readonly reference: string;
  readonly imageId: ImageID;
  readonly reason: string;
}

export interface PlannedRebase {
  readonly kind: 'rebase';
  readonly reference: string;
  readonly before: ImageState;
  readonly after: ImageState;
  readonly oldBase: OldBase;
  readonly newBase: NewBase;
  readonly config: ConfigMode;
  /** What the image has of its own or gets from the new base; none with `keep`. */
  readonly settings: readonly SettingChange[];
  readonly tags: readonly TagChange[];
  readonly findings: readonly Finding[];
  /** Checks that are waived for this image: their findings do not refuse. */
  readonly allowed: ReadonlySet<string>;
}

/** An image as its config describes it. */
export interface ImageState {
  readonly imageId: ImageID;
  readonly configText: string;
  readonly diffIds: readonly DiffID[];
  readonly chainIds: readonly ChainID[];
}

/** The lowest `layers` layers of the image, which the new base replaces. */
export interface OldBase {
  readonly layers: number;
  /** The local image that these layers are, where there is one. */
  readonly imageId: ImageID | undefined;
  readonly name: string;
  /** Why these layers are taken for the base, in one line. */
  readonly evidence: string;
}

export interface NewBase {
  readonly name: string;
  readonly imageId: ImageID;
  readonly layers: number;
}

/** One line of repositories.json that changes; `before` is undefined for a new tag. */
export interface TagChange {
  readonly repository: string;
  readonly key: string;
  readonly before: ImageID | undefined;
  readonly after: ImageID;
}

/** The images of a plan that change. */
export function rebasesOf(plan: Plan): PlannedRebase[] {
  return plan.images.filter((image) => image.kind === 'rebase');
}
