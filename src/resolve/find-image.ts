import { asImageID, imageIdOf, shortId, type ImageID } from '../domain/digest.ts';
import { isReference, parseReference, referenceKey } from '../domain/reference.ts';
import type { ImageRecord, Snapshot, TagRecord } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';

export interface FoundImage {
  readonly image: ImageRecord;
  /** The reference by which it was found; undefined when it was named by ID. */
  readonly tag: TagRecord | undefined;
  /** How to call it in messages: the reference, or the short ID. */
  readonly name: string;
}

/**
 * Finds a local image as dockerd does: by reference first (familiar form, then the key exactly as
 * written in repositories.json), then by full or unique short ID
 * (moby daemon/images/image.go: GetImage).
 * Throws IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, BAD_REFERENCE, STORE_DAMAGED.
 */
export function findImage(snapshot: Snapshot, text: string): FoundImage {
  const tag = findTag(snapshot, text);
  if (tag !== undefined) {
    return { image: imageOf(snapshot, tag.imageId, tag.key), tag, name: tag.key };
  }
  const id = findId(snapshot, text);
  if (id !== undefined) {
    return { image: imageOf(snapshot, id, text), tag: undefined, name: shortId(id) };
  }
  throw notFound(snapshot, text);
}

/** The line of repositories.json that a reference names; undefined when there is none. */
function findTag(snapshot: Snapshot, text: string): TagRecord | undefined {
  const { byKey } = snapshot.tags;
  const familiar = isReference(text) ? byKey.get(referenceKey(parseReference(text))) : undefined;
  return familiar ?? byKey.get(text) ?? byKey.get(`${text}:latest`);
}

/**
 * An image whose config is what its ID says: everything that a plan says about it rests on that.
 * Throws IMAGE_NOT_FOUND, STORE_DAMAGED.
 */
function imageOf(snapshot: Snapshot, id: ImageID, name: string): ImageRecord {
  const problem = snapshot.brokenImages.get(id);
  if (problem !== undefined) {
    throw new RebaseError('STORE_DAMAGED', `the config of ${name} cannot be read: ${problem}`, {
      hint: `pull, load or build image ${shortId(id)} again`,
    });
  }
  const image = snapshot.images.get(id);
  if (image === undefined) {
    throw new RebaseError('IMAGE_NOT_FOUND', `${name} names image ${shortId(id)}, which is gone`, {
      hint: 'pull, load or build it again',
    });
  }
  if (imageIdOf(image.text) !== id) {
    throw new RebaseError('STORE_DAMAGED', `the config of ${name} is not what its ID says`, {
      hint: `image/overlay2/imagedb/content/sha256/${id.slice(7)} was changed: pull or load it again`,
    });
  }
  return image;
}

function findId(snapshot: Snapshot, text: string): ImageID | undefined {
  const hex = text.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{1,64}$/.test(hex)) return undefined;
  const known = [...snapshot.images.keys(), ...snapshot.brokenImages.keys()];
  const full = asImageID(`sha256:${hex}`);
  if (full !== undefined) return known.includes(full) ? full : undefined;
  const matching = known.filter((id) => id.startsWith(`sha256:${hex}`));
  if (matching.length > 1) {
    throw new RebaseError(
      'IMAGE_AMBIGUOUS',
      `${text} is the beginning of ${matching.length} image IDs`,
      { hint: `write more of it: ${matching.slice(0, 3).map(longer(hex)).join(', ')}` },
    );
  }
  return matching[0];
}

function longer(hex: string): (id: ImageID) => string {
  return (id) => id.slice('sha256:'.length, 'sha256:'.length + Math.max(12, hex.length + 8));
}

function notFound(snapshot: Snapshot, text: string): RebaseError {
  // An ID is looked for among the images; anything else has to be a reference.
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) {
    return new RebaseError('IMAGE_NOT_FOUND', `no image here has the ID ${text}`, {
      hint: 'docker images --all --no-trunc lists the IDs',
    });
  }
  const { repository } = parseReference(text);
  const siblings = [...snapshot.tags.byKey.values()]
    .filter((tag) => tag.repository === repository && !tag.key.includes('@'))
    .map((tag) => tag.key);
  return new RebaseError('IMAGE_NOT_FOUND', `no image here is called ${text}`, {
    hint:
      siblings.length > 0
        ? `there is ${siblings.slice(0, 4).join(', ')}`
        : 'docker images lists what is here',
  });
}
