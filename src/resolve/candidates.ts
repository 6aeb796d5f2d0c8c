import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';

/** A local image that the given one may have been built on. */
export interface Candidate {
  readonly image: ImageRecord;
  /** How many of the given image's layers it has. */
  readonly layers: number;
  readonly tags: readonly string[];
  /** Digest references (`alpine@sha256:...`), which stay when a pull moves the tag. */
  readonly digests: readonly string[];
  /** Length of its history where the given image's history begins with it, else -1. */
  readonly history: number;
}

/**
 * Every local image whose DiffIDs are a prefix of the image's; or equal to them while its history
 * is a proper prefix of the image's, as with an app that only sets configuration. Images without
 * layers are a prefix of everything and say nothing. Most layers first.
 */
export function candidatesFor(snapshot: Snapshot, image: ImageRecord): Candidate[] {
  const { history } = parseImageConfig(image.text);
  const candidates: Candidate[] = [];
  for (const other of snapshot.images.values()) {
    if (other.id === image.id || other.diffIds.length === 0 || !isPrefix(other, image)) continue;
    const otherHistory = parseImageConfig(other.text).history;
    const matches = historyStartsWith(history, otherHistory);
    const equal = other.diffIds.length === image.diffIds.length;
    if (equal && !(matches && otherHistory.length < history.length)) continue;
    const keys = snapshot.tags.byImage.get(other.id) ?? [];
    candidates.push({
      image: other,
      layers: other.diffIds.length,
      tags: tagsOf(snapshot, other.id),
      digests: keys.filter((key) => key.includes('@')),
      history: matches ? otherHistory.length : -1,
    });
  }
  return candidates.sort(bestFirst);
}

/** Whether the first image's layers are how the second one's begin (all of them: also true). */
export function isPrefix(
  base: Pick<ImageRecord, 'diffIds'>,
  image: Pick<ImageRecord, 'diffIds'>,
): boolean {
  return (
    base.diffIds.length <= image.diffIds.length &&
    base.diffIds.every((diffId, index) => image.diffIds[index] === diffId)
  );
}

/** A name for a candidate: its first tag, else a digest reference, else its short ID. */
export function nameOf(candidate: Pick<Candidate, 'image' | 'tags' | 'digests'>): string {
  return candidate.tags[0] ?? candidate.digests[0] ?? candidate.image.id.slice(7, 19);
}

/** More layers first, then the longer matching history, then a tag, then by name. */
function bestFirst(a: Candidate, b: Candidate): number {
  return (
    b.layers - a.layers ||
    b.history - a.history ||
    Number(b.tags.length > 0) - Number(a.tags.length > 0) ||
    (nameOf(a) < nameOf(b) ? -1 : 1)
  );
}
