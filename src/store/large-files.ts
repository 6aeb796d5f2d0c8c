import type { ByteString } from '../domain/byte-string.ts';
import { findBelow, FOLDERS_PER_FIND } from './find-below.ts';
import type { Layout } from './layout.ts';

/**
 * From this size on, sharing a file by hard link is worth its visible link count of 2, which some
 * programs refuse (store.md 4.2).
 */
export const LARGE_FILE = 64 * 1024;

/** What is in the diff/ of a layer besides directories, symlinks and files that are not large. */
export interface LargeFiles {
  /** Each file with all of its names below diff/. */
  readonly files: readonly (readonly ByteString[])[];
  /** Names of devices, whiteouts, FIFOs and sockets. */
  readonly special: readonly ByteString[];
}

/** find(1) counts blocks of 512 bytes that are begun: a file of 64 KiB has more than this. */
const FEWER_BLOCKS = LARGE_FILE / 512 - 1;

const EXPRESSION = [
  ...['-type', 'f', '-size', `+${FEWER_BLOCKS}`, '-printf', '%H\\0f\\0%s\\0%i\\0%P\\0', '-o'],
  ...['!', '-type', 'f', '!', '-type', 'd', '!', '-type', 'l', '-printf', '%H\\0%y\\0\\0\\0%P\\0'],
];
const FIELDS = 5;

/**
 * The large files of those of these layers that have some, by cache-id, found by one `find`.
 * Throws TOOL_MISSING without GNU find, STORE_DAMAGED when it cannot read a directory.
 */
export function findLargeFiles(
  layout: Layout,
  cacheIds: readonly string[],
): Map<string, LargeFiles> {
  const roots = new Map(cacheIds.map((id) => [`${id}/diff`, id]));
  const found = new Map<string, { files: Map<string, ByteString[]>; special: ByteString[] }>();
  for (let at = 0; at < cacheIds.length; at += FOLDERS_PER_FIND) {
    const some = [...roots.keys()].slice(at, at + FOLDERS_PER_FIND);
    const fields = findBelow(layout.overlay, some, EXPRESSION).split('\0');
    for (let index = 0; index + FIELDS < fields.length; index += FIELDS) {
      const [root = '', type, size, inode = '', name = ''] = fields.slice(index, index + FIELDS);
      const id = roots.get(root) ?? '';
      const layer = found.get(id) ?? { files: new Map<string, ByteString[]>(), special: [] };
      found.set(id, layer);
      if (type !== 'f') layer.special.push(name);
      else if (Number(size) >= LARGE_FILE) {
        layer.files.set(inode, [...(layer.files.get(inode) ?? []), name]);
      }
    }
  }
  return new Map(
    [...found]
      .filter(([, { files }]) => files.size > 0)
      .map(([id, { files, special }]) => [id, { files: [...files.values()], special }]),
  );
}
