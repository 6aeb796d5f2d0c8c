/**
 * The overlay marks on directories (opaque, redirect, ...), read through GNU tar's PAX headers:
 * Node has no xattr calls, and getfattr is missing on a minimal Debian.
 * Source: store.md 4.4; GNU tar manual, "Extended attributes"; POSIX pax Extended Header.
 */
import { spawnSync } from 'node:child_process';
import { RebaseError } from '../errors.ts';
import { FOLDERS_PER_FIND } from './find-below.ts';
import { paxRecords } from './pax-records.ts';
import { BLOCK, readTarHeader } from './tar-header.ts';

/** Overlay xattrs of one directory: `trusted.overlay.opaque` -> `y` (values as latin1). */
export type OverlayXattrs = ReadonlyMap<string, string>;

const XATTR_PREFIX = 'SCHILY.xattr.';

/**
 * Reads `trusted.overlay.*` and `user.overlay.*` of every directory at and below the given ones
 * (relative to cwd), and of files that hold no data of their own although they have a size, as
 * metacopy files do. Keys are paths as given (latin1); what has no such marks is left out.
 * Throws TOOL_MISSING, STORE_DAMAGED.
 */
export function readOverlayXattrs(
  cwd: string,
  folders: readonly string[],
): Map<string, OverlayXattrs> {
  const marks = new Map<string, OverlayXattrs>();
  for (let at = 0; at < folders.length; at += FOLDERS_PER_FIND) {
    const archive = archiveOfMarked(cwd, folders.slice(at, at + FOLDERS_PER_FIND));
    for (const [path, xattrs] of marksIn(archive)) marks.set(path, xattrs);
  }
  return marks;
}

function archiveOfMarked(cwd: string, folders: readonly string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', ARCHIVE, 'sh', ...folders], {
    cwd,
    maxBuffer: 2 ** 31 - 1,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined || status === 127) {
    throw new RebaseError('TOOL_MISSING', 'GNU tar and find are needed', { cause: error });
  }
  if (status !== 0) {
    throw new RebaseError('STORE_DAMAGED', `a layer cannot be read: ${stderr.toString().trim()}`);
  }
  return stdout;
}

/** Whether a directory's marks hide what the layers below have in it. */
export function isOpaque(marks: OverlayXattrs): boolean {
  return (marks.get('trusted.overlay.opaque') ?? marks.get('user.overlay.opaque')) === 'y';
}

/**
 * Blocks, size and path of everything, of which directories are kept, and files that have at most a
 * page on disk and more than that in size: GNU tar reads what it archives, and these are small.
 */
const ARCHIVE = `
find "$@" -type d -printf '0 0 %p\\0' -o -type f -printf '%b %s %p\\0' |
  sed -znE 's/^(0 [0-9]+|8 [0-9]{5,}) //p' |
  tar -c -f - --null --no-recursion -T - --format=posix --sparse --xattrs \\
    --xattrs-include='trusted.overlay.*' --xattrs-include='user.overlay.*'
`;

function marksIn(archive: Buffer): Map<string, OverlayXattrs> {
  const marks = new Map<string, OverlayXattrs>();
  let records: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const { name, type, size } = readTarHeader(archive.subarray(at, at + BLOCK));
    at += BLOCK;
    if (type === 'x') {
      records = paxRecords(archive.subarray(at, at + size));
    } else {
      const xattrs = [...records]
        .filter(([key]) => key.startsWith(XATTR_PREFIX))
        .map(([key, value]) => [key.slice(XATTR_PREFIX.length), value] as const);
      // Of a sparse file, `path` and the header have a made-up name with tar's process ID in it.
      const path = records.get('GNU.sparse.name') ?? records.get('path') ?? name;
      if (xattrs.length > 0) marks.set(path.replace(/\/$/, ''), new Map(xattrs));
      records = new Map();
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return marks;
}
