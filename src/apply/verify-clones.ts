import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { overlayXattrsOf, type Marked, type OverlayXattrs } from '../store/overlay-xattrs.ts';
import type { LayerSurvey } from '../store/survey-layers.ts';

/** Marks that make a path depend on the layers below it, which a rebase exchanges. */
const DEPENDS_ON_LOWER = ['redirect', 'metacopy'];

/** What clones are compared with; paths are relative to overlay2. */
export interface SourceMarks {
  readonly directories: readonly ByteString[];
  /** Those of the directories that have overlay marks. */
  readonly marked: readonly Marked[];
}

/**
 * The directories of these layers with their overlay marks. Throws STORE_UNSUPPORTED when something
 * there depends on the layers below (store.md 4.4), TOOL_MISSING, STORE_DAMAGED.
 */
export function marksOfSources(overlay: string, surveys: Iterable<LayerSurvey>): SourceMarks {
  const all = [...surveys];
  const directories = all.flatMap((survey) => survey.directories);
  const hollow = all.flatMap((survey) => survey.hollow);
  const marked = overlayXattrsOf(overlay, [...directories, ...hollow]);
  for (const { path, xattrs } of marked) {
    const mark = DEPENDS_ON_LOWER.find((name) =>
      [...xattrs.keys()].some((key) => key.endsWith(`.overlay.${name}`)),
    );
    if (mark === undefined) continue;
    throw new RebaseError(
      'STORE_UNSUPPORTED',
      `overlay2/${path} has an overlay ${mark}: it shows files of its old base by name`,
      { hint: 'build this image again; such a layer cannot be put on another base' },
    );
  }
  return { directories, marked: marked.filter(({ isDirectory }) => isDirectory) };
}

/**
 * Compares the overlay marks of every directory of the sources with those of its clone below
 * `target`, a folder of overlay2: a copy that lost an opaque mark would bring deleted files back.
 * Throws APPLY_FAILED when they differ, STORE_DAMAGED when a directory was not cloned.
 */
export function verifyClones(
  overlay: string,
  target: string,
  { directories, marked }: SourceMarks,
): void {
  const clones = directories.map((path) => `${target}/${path}`);
  const found = new Map(overlayXattrsOf(overlay, clones).map(({ path, xattrs }) => [path, xattrs]));
  const lost = marked.find(({ path, xattrs }) => !same(xattrs, found.get(`${target}/${path}`)));
  if (lost === undefined && found.size === marked.length) return;
  throw new RebaseError(
    'APPLY_FAILED',
    lost === undefined
      ? `the clones in overlay2/${target} have overlay marks that are not in their layers`
      : `the clone of overlay2/${lost.path} lost overlay marks`,
    { hint: 'GNU cp and tar, run as root, keep them: cp --version and tar --version' },
  );
}

function same(a: OverlayXattrs, b: OverlayXattrs | undefined): boolean {
  return a.size === b?.size && [...a].every(([key, value]) => b.get(key) === value);
}
