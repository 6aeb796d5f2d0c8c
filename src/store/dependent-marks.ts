import { type Layout } from './layout.ts';
import { overlayXattrsOf, type OverlayXattrs } from './overlay-xattrs.ts';
import type { LayerSurvey } from './survey-layers.ts';

/** A mark that ties a path to the layers below it. */
export interface PathMark {
  /** Below the layer's diff/: a byte string without slashes at its ends, '' = diff/ itself. */
  readonly path: string;
  readonly xattr: string;
}

/** Source: store.md 4.4; kernel Documentation/filesystems/overlayfs.rst (redirect_dir, metacopy). */
const DEPENDENT = /\.overlay\.(redirect|metacopy)$/;

/**
 * The overlay redirect and metacopy marks in the diff/ of these overlay2 directories, by cache-id;
 * a directory without any is left out. One `tar` for all of them. Throws TOOL_MISSING, STORE_DAMAGED.
 */
export function readDependentMarks(
  layout: Layout,
  surveys: ReadonlyMap<string, LayerSurvey>,
): Map<string, readonly PathMark[]> {
  const found = new Map<string, PathMark[]>();
  const markable = [...surveys.values()].flatMap(({ directories, hollow }) => [
    ...directories,
    ...hollow,
  ]);
  for (const { path: place, xattrs } of overlayXattrsOf(layout.overlay, markable)) {
    const [cacheId = '', , ...names] = place.split('/');
    const marks = dependentMarksOf(names.join('/'), xattrs);
    if (marks.length > 0) found.set(cacheId, [...(found.get(cacheId) ?? []), ...marks]);
  }
  return found;
}

/** Those of the marks of one path that tie it to the layers below it. */
export function dependentMarksOf(path: string, xattrs: OverlayXattrs): PathMark[] {
  const marks = [...xattrs.keys()].filter((xattr) => DEPENDENT.test(xattr));
  return marks.map((xattr) => ({ path, xattr }));
}
