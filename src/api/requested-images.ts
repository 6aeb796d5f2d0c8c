import type { Progress } from '../domain/progress.ts';
import type { ConfigMode } from '../domain/settings.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { findImage, type FoundImage } from '../resolve/find-image.ts';

/** Which images go onto which base, as the user names them, and how. */
export interface BaseRequest {
  readonly images: readonly string[];
  readonly onto: string;
  readonly from?: string | undefined;
  /** What becomes of the settings; `merge` when left out. */
  readonly config?: ConfigMode | undefined;
  readonly progress?: Progress;
}

export interface RequestedImages {
  readonly onto: FoundImage;
  /** Each image once, however often it is named. */
  readonly images: readonly FoundImage[];
}

/**
 * The images of a request and its new base. Throws USAGE for a number of layers that would be
 * counted in several images, NEW_BASE_MISSING, and what naming an image can throw.
 */
export function requestedImages(snapshot: Snapshot, request: BaseRequest): RequestedImages {
  refuseCountForSeveral(request);
  return {
    onto: findNewBase(snapshot, request.onto),
    images: distinct(request.images.map((text) => findImage(snapshot, text))),
  };
}

function refuseCountForSeveral({ images, from }: BaseRequest): void {
  if (images.length < 2 || from === undefined || !/^[0-9]{1,3}$/.test(from)) return;
  throw new RebaseError('USAGE', `--from ${from} counts layers, which fits one image only`, {
    hint: 'name the old base, or rebase the images one by one',
  });
}

/** The image that shall be the new base. Throws NEW_BASE_MISSING and what naming an image can throw. */
export function findNewBase(snapshot: Snapshot, text: string): FoundImage {
  try {
    return findImage(snapshot, text);
  } catch (error) {
    if (!(error instanceof RebaseError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    const isId = /^(sha256:)?[0-9a-f]{12,64}$/.test(text);
    throw new RebaseError('NEW_BASE_MISSING', `the new base ${text} is not on this host`, {
      hint: isId ? (error.hint ?? 'docker images') : `docker pull ${text}`,
      cause: error,
    });
  }
}

function distinct(images: readonly FoundImage[]): FoundImage[] {
  return [...new Map(images.map((image) => [image.name, image])).values()];
}
