import type { TreeNode } from '../../domain/merged-tree.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import type { BundleManifest } from '../../domain/overlay/bundle.ts';
import { haveSameBytes, hasSha256 } from '../../store/overlay/same-bytes.ts';

/** Where the contents of a tree's files can be found out. */
export interface ContentFacts {
  /** The folder of a layer's files; undefined for the layer of a bundle, which is not unpacked. */
  readonly folderOf: (layer: IndexedLayer) => string | undefined;
  readonly manifest: BundleManifest | undefined;
}

/**
 * Whether two nodes of one type look the same: mode, owner, target, device and content, a
 * directory's own metadata only. Times and extended attributes are not compared. Reads both files
 * where nothing else tells.
 */
export function looksAlike({
  folderOf,
  manifest,
}: ContentFacts): (before: TreeNode, after: TreeNode) => boolean {
  const sums = new Map(manifest?.entries.map(({ path, sha256 }) => [path, sha256]) ?? []);
  return (before, after) => {
    const keys = ['mode', 'uid', 'gid', 'size', 'target', 'device'] as const;
    const isFile = before.entry.type === 'file';
    const compared = isFile ? keys : keys.filter((key) => key !== 'size');
    if (compared.some((key) => before.entry[key] !== after.entry[key])) return false;
    if (!isFile || after.entry.size === 0) return true;
    const [old, new_] = [fileOf(before), fileOf(after)];
    if (old === undefined) return false;
    if (new_ !== undefined) return haveSameBytes(old, new_);
    const sum = sums.get(after.entry.hardLinkOf ?? after.entry.path);
    return sum !== undefined && hasSha256(old, sum);
  };

  function fileOf({ layer, entry }: TreeNode): { folder: string; path: string } | undefined {
    const folder = layer === undefined ? undefined : folderOf(layer);
    return folder === undefined ? undefined : { folder, path: entry.path };
  }
}
