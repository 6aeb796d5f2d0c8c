/**
 * What versions are called.
 */
import { shortId, type ImageID } from '../../domain/digest.ts';
import {
  folderOfVersion,
  isVersionName,
  type BaseIdentity,
  type VersionFolders,
} from '../../domain/overlay/version.ts';
import { isReference, parseReference } from '../../domain/reference.ts';

/** What a version that shows an image is called: the image's tag, else its short ID. */
export function versionNameOf(name: string, imageId: ImageID): string {
  const tag = isReference(name) ? parseReference(name).tag : undefined;
  return tag !== undefined && isVersionName(tag) ? tag : shortId(imageId);
}

const LONGEST_STEM = 100;

/** The wished name; where something of that name is there, one that also tells the new base. */
export function freeVersionName(
  { versions, unknown }: Pick<VersionFolders, 'versions' | 'unknown'>,
  {
    version,
    shows,
    union,
  }: { readonly version: string; readonly shows: BaseIdentity; readonly union: boolean },
): string {
  const taken = new Set([...versions.map((one) => folderOfVersion(one.version)), ...unknown]);
  const isFree = (name: string): boolean => !taken.has(folderOfVersion(name));
  // A tag may be as long as a version's name can be.
  const stem = version.slice(0, LONGEST_STEM);
  const choices = [
    version,
    ...(union ? [`${stem}-union`] : []),
    `${stem}-${shortId(shows.imageId)}`,
  ];
  const free = choices.find(isFree);
  if (free !== undefined) return free;
  for (let counter = 2; ; counter += 1) {
    const name = `${stem}-${counter}`;
    if (isFree(name)) return name;
  }
}
