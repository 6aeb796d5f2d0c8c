/**
 * What the checks on contents look at, and what a check is.
 */
import type { ByteString } from '../domain/byte-string.ts';
import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import type { IndexedLayer } from '../domain/layer-index.ts';
import type { MergedTree } from '../domain/merged-tree.ts';

export interface ContentFacts {
  readonly oldBase: Side;
  readonly newBase: Side;
  /** The image's own layers, lowest first. */
  readonly app: readonly IndexedLayer[];
  /** The merged tree of the image as it is, and as it will be. */
  readonly before: Whole;
  readonly after: Whole;
  /** Marks of the app layers that tie them to the layers below; those are no part of an index. */
  readonly marks: readonly DependentMark[];
}

/** An overlay xattr that makes a path of a layer what it is only above certain lower layers. */
export interface DependentMark {
  readonly layer: IndexedLayer;
  readonly path: ByteString;
  /** Its name: `trusted.overlay.redirect`, `trusted.overlay.metacopy`, or `user.overlay.*`. */
  readonly xattr: string;
}

/** A base: its layers, lowest first, and their merged tree. */
export interface Side {
  readonly name: string;
  readonly layers: readonly IndexedLayer[];
  readonly tree: MergedTree;
}

/** An image: its merged tree and the exact text of its config. */
export interface Whole {
  readonly tree: MergedTree;
  readonly configText: string;
}

/** One check. It is asked in rounds: what it wants is read, until it wants nothing more. */
export interface ContentCheck {
  readonly name: Finding['check'];
  /** Files that must be read before it can judge; [] when `files` has all that it needs. */
  wanted(facts: ContentFacts, files: FileFacts): readonly FileRequest[];
  /** Its findings. Called when nothing is wanted any more. */
  judge(facts: ContentFacts, files: FileFacts): readonly Finding[];
}
