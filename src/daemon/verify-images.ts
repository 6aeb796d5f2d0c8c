import { isFamiliarKey } from '../domain/reference.ts';
import { daemonTags } from './daemon-tags.ts';
import type { EngineApi } from './engine-api.ts';

/** A name, as repositories.json has it, and the ImageID (`sha256:...`) that it must stand for. */
export interface ImageExpectation {
  readonly reference: string;
  readonly imageId: string;
}

/** Positive evidence that the daemon has not loaded what was written. */
export interface ImageMismatch extends ImageExpectation {
  /**
   * not-loaded: the daemon lists no such ImageID. tag-missing: it does not list the name.
   * tag-elsewhere: the name stands for another ImageID. name-differs: the list is right, and an
   * inspect by name is not.
   */
  readonly problem: 'not-loaded' | 'tag-missing' | 'tag-elsewhere' | 'name-differs';
  /** The ImageID that the name stands for, where there is one. */
  readonly found?: string;
}

/**
 * Takes the client of a daemon that has just started and what it must have loaded; returns what it has
 * not, by its list (one call) and by inspecting each listed name. Never by full ID: dockerd reads the
 * disk for that and knows images that it has not loaded (store.md §9). An empty list is proof of
 * success. Throws DAEMON_FAILED when the daemon does not answer: that proves nothing, either way.
 */
export async function verifyLoaded(
  engine: Pick<EngineApi, 'listImages' | 'inspectImage'>,
  expectations: readonly ImageExpectation[],
): Promise<ImageMismatch[]> {
  const images = await engine.listImages();
  const ids = new Set(images.map((image) => image.id));
  const tags = daemonTags(images);
  const mismatches: ImageMismatch[] = [];
  const listed: ImageExpectation[] = [];
  for (const expectation of expectations) {
    const mismatch = compare(expectation, ids, tags.get(expectation.reference));
    if (mismatch !== undefined) mismatches.push(mismatch);
    else if (isFamiliarKey(expectation.reference)) listed.push(expectation);
  }
  return [...mismatches, ...(await inspectByName(engine, listed))];
}

function compare(
  expectation: ImageExpectation,
  ids: ReadonlySet<string>,
  found: string | undefined,
): ImageMismatch | undefined {
  if (!ids.has(expectation.imageId)) {
    return { ...expectation, problem: 'not-loaded', ...(found === undefined ? {} : { found }) };
  }
  // dockerd neither lists nor resolves a key in another form: its image is all there is to see.
  if (!isFamiliarKey(expectation.reference)) return undefined;
  if (found === undefined) return { ...expectation, problem: 'tag-missing' };
  if (found !== expectation.imageId) return { ...expectation, problem: 'tag-elsewhere', found };
  return undefined;
}

const AT_ONCE = 8;

async function inspectByName(
  engine: Pick<EngineApi, 'inspectImage'>,
  expectations: readonly ImageExpectation[],
): Promise<ImageMismatch[]> {
  const mismatches: ImageMismatch[] = [];
  for (let start = 0; start < expectations.length; start += AT_ONCE) {
    const some = expectations.slice(start, start + AT_ONCE);
    const answers = await Promise.all(some.map(({ reference }) => engine.inspectImage(reference)));
    some.forEach((expectation, index) => {
      const found = answers[index]?.id;
      if (found === expectation.imageId) return;
      mismatches.push({
        ...expectation,
        problem: 'name-differs',
        ...(found === undefined ? {} : { found }),
      });
    });
  }
  return mismatches;
}
