import type { ByteString } from '../../domain/byte-string.ts';
import { joined, type MergedTree, type TreeNode } from '../../domain/merged-tree.ts';
import { countsOf, type FileChange, type FileChanges } from '../../domain/overlay/file-changes.ts';

/**
 * How the files that are seen change. `isSame` is asked about names that both trees have from
 * different places, with nodes of one type: whether they look the same, of a directory itself only.
 */
export function fileChanges(
  current: MergedTree,
  target: MergedTree,
  isSame: (before: TreeNode, after: TreeNode, path: ByteString) => boolean,
): FileChanges {
  const changes: FileChange[] = [];

  function compare(
    path: ByteString,
    before: TreeNode | undefined,
    after: TreeNode | undefined,
  ): void {
    if (before === after) return;
    const kind = kindOf(path, before, after);
    if (kind !== undefined) changes.push({ kind, path, before, after });
    for (const [name, child] of after?.children ?? []) {
      compare(joined(path, name), before?.children.get(name), child);
    }
    for (const [name, child] of before?.children ?? []) {
      if (after?.children.has(name) !== true) compare(joined(path, name), child, undefined);
    }
  }

  function kindOf(
    path: ByteString,
    before: TreeNode | undefined,
    after: TreeNode | undefined,
  ): FileChange['kind'] | undefined {
    if (before === undefined) return 'added';
    if (after === undefined) return 'deleted';
    if (before.layer === after.layer && before.entry === after.entry) return undefined;
    const looksSame = before.entry.type === after.entry.type && isSame(before, after, path);
    return looksSame ? undefined : 'changed';
  }

  compare('', current.root, target.root);
  changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { changes, counts: countsOf(changes) };
}
