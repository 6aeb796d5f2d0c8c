/**
 * The tree that a container sees: layers merged as overlayfs does it.
 * Sources: kernel Documentation/filesystems/overlayfs.rst; OCI image-spec layer.md; store.md 1.8.
 */
import type { ByteString } from './byte-string.ts';
import type { IndexedLayer, LayerEntry } from './layer-index.ts';

/** A merged tree is never changed: laying a layer on it gives a new one that shares what is equal. */
export interface MergedTree {
  readonly root: TreeNode;
}

export interface TreeNode {
  readonly name: ByteString;
  /** Metadata of the topmost layer that has it; of a hard link, the attributes of its file. */
  readonly entry: LayerEntry;
  /** The layer that `entry` is from; undefined for a directory that no layer names itself. */
  readonly layer: IndexedLayer | undefined;
  /** Of a directory: what is in it. */
  readonly children: ReadonlyMap<ByteString, TreeNode>;
}
