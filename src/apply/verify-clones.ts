import { RebaseError } from '../errors.ts';
import { readOverlayXattrs, type OverlayXattrs } from '../store/overlay-xattrs.ts';

export interface ClonePair {
  /** Paths of the two diff/ folders, relative to overlay2. */
  readonly source: string;
  readonly clone: string;
}

/** Marks that make a directory depend on the layers below it, which a rebase exchanges. */
const DEPENDS_ON_LOWER = ['redirect', 'metacopy'];

/**
 * Compares the overlay marks of every directory with those of its clone: a copy that lost an opaque
 * mark would bring deleted files back. Throws APPLY_FAILED when they differ, STORE_UNSUPPORTED for
 * a layer that depends on the layers below it (store.md 4.4).
 */
export function verifyClones(overlay: string, pairs: readonly ClonePair[]): void {
  const folders = pairs.flatMap(({ source, clone }) => [source, clone]);
  const marks = readOverlayXattrs(overlay, folders);
  const found = marksByFolder(marks, folders);
  for (const { source, clone } of pairs) {
    const wanted = found.get(source) ?? new Map<string, OverlayXattrs>();
    const got = found.get(clone) ?? new Map<string, OverlayXattrs>();
    refuseDependent(source, wanted);
    const lost = [...wanted].find(([below, xattrs]) => !same(xattrs, got.get(below)));
    if (lost !== undefined || got.size !== wanted.size) {
      throw new RebaseError(
        'APPLY_FAILED',
        `the clone of overlay2/${source} lost overlay marks${lost === undefined ? '' : ` of ${lost[0]}`}`,
        { hint: 'GNU cp and tar, run as root, keep them: cp --version and tar --version' },
      );
    }
  }
}

/** Marks by the folder that they lie in, each with its path below that folder. */
function marksByFolder(
  marks: ReadonlyMap<string, OverlayXattrs>,
  folders: readonly string[],
): Map<string, Map<string, OverlayXattrs>> {
  const known = new Set(folders);
  const found = new Map<string, Map<string, OverlayXattrs>>();
  for (const [path, xattrs] of marks) {
    const end = path.indexOf('/diff') + '/diff'.length;
    const folder = known.has(path.slice(0, end)) ? path.slice(0, end) : undefined;
    if (folder === undefined) continue;
    const below = found.get(folder) ?? new Map<string, OverlayXattrs>();
    below.set(path.slice(end), xattrs);
    found.set(folder, below);
  }
  return found;
}

function same(a: OverlayXattrs, b: OverlayXattrs | undefined): boolean {
  return a.size === b?.size && [...a].every(([key, value]) => b.get(key) === value);
}

function refuseDependent(source: string, marks: ReadonlyMap<string, OverlayXattrs>): void {
  for (const [below, xattrs] of marks) {
    const mark = DEPENDS_ON_LOWER.find((name) =>
      [...xattrs.keys()].some((key) => key.endsWith(`.overlay.${name}`)),
    );
    if (mark === undefined) continue;
    throw new RebaseError(
      'STORE_UNSUPPORTED',
      `overlay2/${source}${below} has an overlay ${mark}: it shows files of its old base by name`,
      { hint: 'build this image again; such a layer cannot be put on another base' },
    );
  }
}
