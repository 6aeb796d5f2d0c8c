import { findBelow, FOLDERS_PER_FIND } from './find-below.ts';
import { LARGE_FILE } from './large-files.ts';
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
}

const FORMAT = '%H %y %s %b %n:%i\\n';

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
    const some = roots.slice(at, at + FOLDERS_PER_FIND);
    for (const line of findBelow(layout.overlay, some, ['-printf', FORMAT]).split('\n')) {
      const [root = '', type = '', bytes, blocks, inode = ''] = line.split(' ');
      const total = totals.get(root);
      if (total === undefined) continue;
      count(total, { type, bytes: Number(bytes), diskBytes: Number(blocks) * 512, inode });
    }
  }
  return new Map(cacheIds.map((id) => [id, totals.get(`${id}/diff`) ?? newTotals()]));
}

interface Totals {
  directories: number;
  files: number;
  fileBytes: number;
  largeFiles: number;
  largeBytes: number;
  readonly seen: Set<string>;
}

function newTotals(): Totals {
  return {
    directories: 0,
    files: 0,
    fileBytes: 0,
    largeFiles: 0,
    largeBytes: 0,
    seen: new Set(),
  };
}

interface Entry {
  readonly type: string;
  readonly bytes: number;
  readonly diskBytes: number;
  /** `<links>:<inode>`. */
  readonly inode: string;
}

function count(total: Totals, { type, bytes, diskBytes, inode }: Entry): void {
  if (type === 'd') {
    total.directories += 1;
    return;
  }
  const large = type === 'f' && bytes >= LARGE_FILE;
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
