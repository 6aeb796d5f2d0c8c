import { nodeAt, type MergedTree } from '../../domain/merged-tree.ts';
import type { ByteString } from '../../domain/byte-string.ts';
import { countsOf, type FileChanges } from '../../domain/overlay/file-changes.ts';

/** The changes of a `--union`: what only the old base has stays wherever its directory does. */
export function leftInPlace({ changes }: FileChanges, target: MergedTree): FileChanges {
  const kept = changes.filter(({ kind, path }) => kind !== 'deleted' || isReplaced(target, path));
  return { changes: kept, counts: countsOf(kept) };
}

/** Whether something else than a directory takes the place of one above the path. */
function isReplaced(target: MergedTree, path: ByteString): boolean {
  const names = path.split('/');
  const above = names
    .map((_, depth) => nodeAt(target, names.slice(0, depth).join('/')))
    .findLast((node) => node !== undefined);
  return above !== undefined && above.entry.type !== 'directory';
}
