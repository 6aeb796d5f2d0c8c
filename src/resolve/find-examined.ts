import { asImageID, shortId, type ImageID } from '../domain/digest.ts';
import type { Inventory } from '../domain/inventory.ts';
import { isReference, parseReference, referenceKey } from '../domain/reference.ts';
import { RebaseError } from '../errors.ts';

/**
 * Finds an image however damaged it is: by a key of repositories.json, whether its image is there
 * or not, then by full or unique short ID. Throws IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS.
 */
export function findExamined(
  { images, repositories }: Inventory,
  text: string,
): { readonly name: string; readonly imageId: ImageID } {
  const familiar = isReference(text) ? referenceKey(parseReference(text)) : text;
  const keys = [familiar, text, `${text}:latest`];
  for (const key of keys) {
    const entry = repositories.entries.find((one) => one.key === key);
    const imageId = asImageID(entry?.value);
    if (imageId !== undefined) return { name: key, imageId };
  }
  const hex = text.replace(/^sha256:/, '');
  const found = /^[0-9a-f]+$/.test(hex)
    ? [...images.keys()].filter((id) => id.startsWith(`sha256:${hex}`))
    : [];
  const [imageId] = found;
  if (imageId !== undefined && found.length === 1) return { name: shortId(imageId), imageId };
  if (found.length > 1) {
    throw new RebaseError('IMAGE_AMBIGUOUS', `${text} begins the IDs of ${found.length} images`, {
      hint: 'write more digits of the ID',
    });
  }
  throw new RebaseError('IMAGE_NOT_FOUND', `there is no image ${text}`, {
    hint:
      repositories.state === 'broken'
        ? 'repositories.json cannot be read: name the image by its ID, or examine the whole store'
        : 'docker images lists those that dockerd has loaded',
  });
}
