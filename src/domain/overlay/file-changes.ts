/**
 * What is seen to change where one tree takes the place of another.
 */
import type { ByteString } from '../byte-string.ts';
import type { TreeNode } from '../merged-tree.ts';

/** One name that does not look the same in two trees. */
export interface FileChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  readonly path: ByteString;
  /** Undefined of what is added. */
  readonly before: TreeNode | undefined;
  /** Undefined of what is deleted. */
  readonly after: TreeNode | undefined;
}

export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
}

export interface FileChanges {
  /** Everything that changes, also below an added or deleted directory; sorted by path. */
  readonly changes: readonly FileChange[];
  readonly counts: ChangeCounts;
}

/**
 * The counts by directory, sorted by path: of each change the directory that it is in, cut to
 * `depth` names; '' is the root.
 */
export function countsByDirectory(
  changes: readonly FileChange[],
  depth: number,
): Map<ByteString, ChangeCounts> {
  const inDirectory = new Map<ByteString, FileChange[]>();
  for (const change of changes) {
    const directory = change.path.split('/').slice(0, -1).slice(0, depth).join('/');
    const others = inDirectory.get(directory);
    if (others === undefined) inDirectory.set(directory, [change]);
    else others.push(change);
  }
  const sorted = [...inDirectory].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([directory, some]) => [directory, countsOf(some)]));
}

export function countsOf(changes: readonly Pick<FileChange, 'kind'>[]): ChangeCounts {
  const counts = { added: 0, changed: 0, deleted: 0 };
  for (const { kind } of changes) counts[kind] += 1;
  return counts;
}
