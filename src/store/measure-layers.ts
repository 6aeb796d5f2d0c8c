import { findBelow, FOLDERS_PER_FIND } from './find-below.ts';
import type { Layout } from './layout.ts';

/** What the files of one layer's diff/ take. Bytes are disk bytes; a hard-linked file counts once. */
export interface LayerSize {
  readonly directories: number;
  /** Everything that is no directory, each inode once. */
  readonly files: number;
  readonly fileBytes: number;
  /** Of these, regular files of at least `LARGE_FILE` bytes. */
  readonly largeFiles: number;
  readonly largeBytes: number;
  /** Names of the large files below diff/, by inode: a file that is linked has several. */
  readonly largeNames: ReadonlyMap<string, readonly string[]>;
}

/**
 * From this size on, sharing a file by hard link is worth its visible link count of 2, which some
 * programs refuse (store.md 4.2).
 */
export const LARGE_FILE = 64 * 1024;

const FORMAT = '%H\\0%y\\0%s\\0%b\\0%n:%i\\0%P\\0';
const FIELDS = 6;

/**
 * Measures diff/ of each layer directory with `find`, by cache-id. Reads no file data.
 * Throws TOOL_MISSING without GNU find, STORE_DAMAGED when it cannot read a directory.
 */
export function measureLayers(layout: Layout, cacheIds: readonly string[]): Map<string, LayerSize> {
  const totals = new Map<string, Totals>(
    cacheIds.map((id) => [`${id}/diff`, newTotals()] as const),
  );
  const roots = [...totals.keys()];
  for (let at = 0; at < roots.length; at += FOLDERS_PER_FIND) {
    const found = findIn(layout, roots.slice(at, at + FOLDERS_PER_FIND));
    for (let index = 0; index + FIELDS < found.length; index += FIELDS) {
      const [root, type, bytes, blocks, inode, below] = found.slice(
        index,
        index + FIELDS,
      ) as Fields;
      const total = totals.get(root);
      if (total === undefined) continue;
      count(total, { type, bytes: Number(bytes), diskBytes: Number(blocks) * 512, inode, below });
    }
  }
  return new Map(cacheIds.map((id) => [id, totals.get(`${id}/diff`) ?? newTotals()]));
}

type Fields = [string, string, string, string, string, string];

interface Totals {
  directories: number;
  files: number;
  fileBytes: number;
  largeFiles: number;
  largeBytes: number;
  readonly largeNames: Map<string, string[]>;
  readonly seen: Set<string>;
}

function newTotals(): Totals {
  return {
    directories: 0,
    files: 0,
    fileBytes: 0,
    largeFiles: 0,
    largeBytes: 0,
    largeNames: new Map(),
    seen: new Set(),
  };
}

interface Entry {
  readonly type: string;
  readonly bytes: number;
  readonly diskBytes: number;
  /** `<links>:<inode>`. */
  readonly inode: string;
  readonly below: string;
}

function count(total: Totals, { type, bytes, diskBytes, inode, below }: Entry): void {
  if (type === 'd') {
    total.directories += 1;
    return;
  }
  const large = type === 'f' && bytes >= LARGE_FILE;
  if (large) total.largeNames.set(inode, [...(total.largeNames.get(inode) ?? []), below]);
  if (!inode.startsWith('1:')) {
    if (total.seen.has(inode)) return;
    total.seen.add(inode);
  }
  total.files += 1;
  total.fileBytes += diskBytes;
  if (!large) return;
  total.largeFiles += 1;
  total.largeBytes += diskBytes;
}

/** The fields of every entry below these folders of overlay2, one after the other. */
function findIn(layout: Layout, roots: readonly string[]): string[] {
  return findBelow(layout.overlay, roots, ['-printf', FORMAT]).split('\0');
}
