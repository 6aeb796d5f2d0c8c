import type { ListedImage } from './engine-answers.ts';

/**
 * Takes a reference, returns it as dockerd lists it: without docker.io/ and library/, with `:latest`
 * where neither tag nor digest is given (distribution reference, FamiliarString).
 */
export function familiarName(reference: string): string {
  const short = reference.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  const last = short.slice(short.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? short : `${short}:latest`;
}

/** Takes dockerd's image list, returns every name and digest reference with the ImageID behind it. */
export function daemonTags(images: readonly ListedImage[]): Map<string, string> {
  return new Map(
    images.flatMap((image) =>
      [...image.repoTags, ...image.repoDigests].map((name): [string, string] => [name, image.id]),
    ),
  );
}

/** A reference that the daemon has and the file would lose. */
export interface MissingTag {
  /** Familiar: `alpine:3.12` or `alpine@sha256:...`. */
  readonly reference: string;
  readonly imageId: string;
}

/**
 * Takes the daemon's references (daemonTags), those of repositories.json as just written (name ->
 * ImageID) and the names that the plan itself set or removed, returns those that were made, or moved,
 * through the daemon since the file was read. dockerd writes repositories.json from memory, so
 * whichever side lacks them loses them at the restart (store.md §9). Sorted by name.
 */
export function missingDaemonTags(
  engineTags: ReadonlyMap<string, string>,
  fileTags: ReadonlyMap<string, string>,
  planned: ReadonlySet<string> = new Set(),
): MissingTag[] {
  const inFile = familiar(fileTags);
  const ours = new Set([...planned].map(familiarName));
  return [...familiar(engineTags)]
    .filter(([reference, imageId]) => !ours.has(reference) && inFile.get(reference) !== imageId)
    .map(([reference, imageId]) => ({ reference, imageId }))
    .sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

function familiar(tags: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...tags].map(([name, imageId]) => [familiarName(name), imageId]));
}
