import { RebaseError } from '../errors.ts';
import { readOverlayXattrs, type Marked, type OverlayXattrs } from '../store/overlay-xattrs.ts';

/** Marks that make a path depend on the layers below it, which a rebase exchanges. */
const DEPENDS_ON_LOWER = ['redirect', 'metacopy'];

/**
 * What has overlay marks in these folders, whose paths are relative to overlay2.
 * Throws STORE_UNSUPPORTED when it depends on the layers below (store.md 4.4), TOOL_MISSING,
 * STORE_DAMAGED.
 */
export function marksOfSources(overlay: string, folders: readonly string[]): readonly Marked[] {
  const marks = readOverlayXattrs(overlay, folders);
  for (const { path, xattrs } of marks) {
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
  return marks;
}

/**
 * Compares the overlay marks of every directory in the clones `<target>/<folder>` with those of the
 * folders: a copy that lost an opaque mark would bring deleted files back. Paths are relative to
 * overlay2. Throws APPLY_FAILED when they differ.
 */
export function verifyClones(
  overlay: string,
  { target, folders }: { readonly target: string; readonly folders: readonly string[] },
  marks: readonly Marked[],
): void {
  const clones = folders.map((folder) => `${target}/${folder}`);
  const found = new Map(
    readOverlayXattrs(overlay, clones, 'directories').map(({ path, xattrs }) => [path, xattrs]),
  );
  const wanted = marks.filter(({ isDirectory }) => isDirectory);
  const lost = wanted.find(({ path, xattrs }) => !same(xattrs, found.get(`${target}/${path}`)));
  if (lost === undefined && found.size === wanted.length) return;
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
