/**
 * The overlay marks on directories (opaque, redirect, ...), read through GNU tar's PAX headers:
 * Node has no xattr calls, and getfattr is missing on a minimal Debian.
 * Source: store.md 4.4; GNU tar manual, "Extended attributes"; POSIX pax Extended Header.
 */
import { spawnSync } from 'node:child_process';
import { RebaseError } from '../errors.ts';

/** Overlay xattrs of one directory: `trusted.overlay.opaque` -> `y` (values as latin1). */
export type OverlayXattrs = ReadonlyMap<string, string>;

const BLOCK = 512;
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
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', ARCHIVE_MARKED], {
    cwd,
    input: folders.map((folder) => `${folder}\0`).join(''),
    maxBuffer: 2 ** 31 - 1,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined || status === 127) {
    throw new RebaseError('TOOL_MISSING', 'GNU tar and find are needed', { cause: error });
  }
  if (status !== 0) {
    throw new RebaseError('STORE_DAMAGED', `a layer cannot be read: ${stderr.toString().trim()}`);
  }
  return marksIn(stdout);
}

/**
 * Blocks, size and path of everything, of which directories are kept, and files that have at most a
 * page on disk and more than that in size: GNU tar reads what it archives, and these are small.
 */
const ARCHIVE_MARKED = `
list() {
  xargs -0 -r sh -c 'exec find "$@" -type d -printf "0 0 %p\\0" -o -type f -printf "%b %s %p\\0"' sh |
    grep -zaE '^(0 [0-9]+|8 [0-9]{5,}) ' | sed -z 's/^[0-9]* [0-9]* //'
}
list | tar -c -f - --null --no-recursion -T - --format=posix --sparse --xattrs \\
  --xattrs-include='trusted.overlay.*' --xattrs-include='user.overlay.*'
`;

function marksIn(archive: Buffer): Map<string, OverlayXattrs> {
  const marks = new Map<string, OverlayXattrs>();
  let records: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const size = Number.parseInt(textAt(header, 124, 12).trim() || '0', 8);
    const type = String.fromCharCode(header[156] ?? 0);
    at += BLOCK;
    if (type === 'x') {
      records = paxRecords(archive.subarray(at, at + size));
    } else {
      const xattrs = [...records]
        .filter(([key]) => key.startsWith(XATTR_PREFIX))
        .map(([key, value]) => [key.slice(XATTR_PREFIX.length), value] as const);
      const name = records.get('path') ?? pathIn(header);
      if (xattrs.length > 0) marks.set(name.replace(/\/$/, ''), new Map(xattrs));
      records = new Map();
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return marks;
}

/** `<length> <key>=<value>\n`, where length counts the whole record in bytes. */
function paxRecords(bytes: Buffer): Map<string, string> {
  const text = bytes.toString('latin1');
  const records = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(' ', at);
    const length = Number.parseInt(text.slice(at, space), 10);
    if (!(length > 0)) break;
    const record = text.slice(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** The name in a ustar header: prefix (155 bytes at 345) and name (100 bytes at 0). */
function pathIn(header: Buffer): string {
  const prefix = textAt(header, 345, 155);
  const name = textAt(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textAt(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length).toString('latin1');
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}
