import { RebaseError } from '../errors.ts';
import { dependentMarksOf } from '../store/dependent-marks.ts';
import { overlayXattrsOf, type Marked, type OverlayXattrs } from '../store/overlay-xattrs.ts';
import type { LayerSurvey } from '../store/survey-layers.ts';

/**
 * Compares the overlay marks of every directory of the sources with those of its clone below
 * `target`, a folder of overlay2: a copy that lost an opaque mark would bring deleted files back.
 * Throws APPLY_FAILED when they differ, STORE_UNSUPPORTED when something of a source depends on the
 * layers below (store.md 4.4), STORE_DAMAGED when a directory is gone or was not cloned, TOOL_MISSING.
 */
export function verifyClones(
  overlay: string,
  target: string,
  surveys: Iterable<LayerSurvey>,
): void {
  const all = [...surveys];
  const directories = all.flatMap((survey) => survey.directories);
  const hollow = all.flatMap((survey) => survey.hollow);
  const clones = directories.map((path) => `${target}/${path}`);
  const found = overlayXattrsOf(overlay, [...directories, ...hollow, ...clones]);
  const isClone = ({ path }: Marked): boolean => path.startsWith(`${target}/`);
  const sources = found.filter((one) => !isClone(one));
  refuseDependent(sources);
  const marks = new Map(found.filter(isClone).map(({ path, xattrs }) => [path, xattrs]));
  const marked = sources.filter(({ isDirectory }) => isDirectory);
  const lost = marked.find(({ path, xattrs }) => !same(xattrs, marks.get(`${target}/${path}`)));
  if (lost === undefined && marks.size === marked.length) return;
  throw new RebaseError(
    'APPLY_FAILED',
    lost === undefined
      ? `the clones in overlay2/${target} have overlay marks that are not in their layers`
      : `the clone of overlay2/${lost.path} lost overlay marks`,
    { hint: 'GNU cp and tar, run as root, keep them: cp --version and tar --version' },
  );
}

/** What a path shows of the layers below it, a rebase would exchange. */
function refuseDependent(sources: readonly Marked[]): void {
  const [found] = sources.flatMap(({ path, xattrs }) => dependentMarksOf(path, xattrs));
  if (found === undefined) return;
  const mark = found.xattr.split('.').at(-1) ?? '';
  throw new RebaseError(
    'STORE_UNSUPPORTED',
    `overlay2/${found.path} has an overlay ${mark}: it shows files of its old base by name`,
    { hint: 'build this image again; such a layer cannot be put on another base' },
  );
}

function same(a: OverlayXattrs, b: OverlayXattrs | undefined): boolean {
  return a.size === b?.size && [...a].every(([key, value]) => b.get(key) === value);
}
