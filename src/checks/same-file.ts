import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { TreeNode } from '../domain/merged-tree.ts';

/**
 * Whether two nodes are the same: type, mode, owner, and content, link target or device; of a
 * directory, not what is in it. Files without a checksum are the same when their bytes are; where
 * those cannot be read they count as different. Undefined: `contentsOf` both must be read first.
 */
export function sameFile(
  one: TreeNode | undefined,
  other: TreeNode | undefined,
  files: FileFacts,
): boolean | undefined {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  if (!sameAttributes(one, other)) return false;
  const [a, b] = [one.entry, other.entry];
  if (a.type !== 'file' || isSamePlace(one, other)) return true;
  if (a.crc !== undefined && b.crc !== undefined) return a.crc === b.crc;
  const [left, right] = contentsOf([one, other]).map((request) => files.get(request));
  if (left === undefined || right === undefined) return undefined;
  return left.kind === 'bytes' && right.kind === 'bytes' && left.bytes === right.bytes;
}

/** What must be read where `sameFile` does not know. */
export function contentsOf(nodes: readonly (TreeNode | undefined)[]): FileRequest[] {
  return nodes.flatMap((node) =>
    node?.layer === undefined
      ? []
      : [{ chainId: node.layer.chainId, path: node.entry.path, want: 'text' as const }],
  );
}

function sameAttributes({ entry: a }: TreeNode, { entry: b }: TreeNode): boolean {
  if (a.type !== b.type) return false;
  // Linux ignores the mode and, but for its removal, the owner of a symlink: symlink(7).
  if (a.type === 'symlink') return a.target === b.target;
  return (
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.size === b.size &&
    a.device === b.device
  );
}

function isSamePlace(one: TreeNode, other: TreeNode): boolean {
  return (
    one.layer !== undefined &&
    one.layer.chainId === other.layer?.chainId &&
    one.entry.path === other.entry.path
  );
}
