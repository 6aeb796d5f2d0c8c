import type { ListedImage } from './engine-answers.ts';

/** Takes dockerd's image list, returns every name and digest reference with the ImageID behind it. */
export function daemonTags(images: readonly ListedImage[]): Map<string, string> {
  return new Map(
    images.flatMap((image) =>
      [...image.repoTags, ...image.repoDigests].map((name): [string, string] => [name, image.id]),
    ),
  );
}
