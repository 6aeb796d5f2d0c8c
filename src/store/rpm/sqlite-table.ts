/**
 * Reads one table of an sqlite database: what rpm needs of the format, and nothing of SQL.
 * Source: https://sqlite.org/fileformat2.html ("B-tree Pages", "Record Format", "The Database
 * Header"). A write-ahead log beside the file is not read: rpm folds it in when it is done.
 */

/** NULL and numbers that nobody asks for are null. */
export type SqliteValue = string | number | Buffer | null;

const MAGIC = Buffer.from('SQLite format 3\0');
const FILE_HEADER = 100;
const PAGE = { interior: 5, leaf: 13 } as const;

interface Pages {
  readonly bytes: Buffer;
  readonly size: number;
  /** What of a page is used: its size without the bytes reserved at its end. */
  readonly usable: number;
  /** Bytes of rows that there may still be: all of them together fit into the file. */
  left: number;
}

export function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The rows of a table, in the order of their row IDs. Throws SyntaxError, RangeError. */
export function sqliteTable(bytes: Buffer, name: string): SqliteValue[][] {
  const size = bytes.readUInt16BE(16) === 1 ? 65536 : bytes.readUInt16BE(16);
  const usable = size - bytes.readUInt8(20);
  if (size < 512 || usable < 480) throw new SyntaxError('it is damaged: no such page size');
  const pages = { bytes, size, usable, left: bytes.length };
  for (const [type, table, , root] of rowsOf(pages, 1)) {
    if (type === 'table' && table === name && typeof root === 'number') return rowsOf(pages, root);
  }
  throw new SyntaxError(`it has no table ${name}`);
}

/** All rows of the tree below a page, left to right. */
function rowsOf(pages: Pages, root: number): SqliteValue[][] {
  const rows: SqliteValue[][] = [];
  const seen = new Set<number>();
  const open = [root];
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (seen.has(number)) throw new SyntaxError('it is damaged: its pages run in circles');
    seen.add(number);
    const page = pageAt(pages, number);
    const start = number === 1 ? FILE_HEADER : 0;
    const type = page.readUInt8(start);
    const count = page.readUInt16BE(start + 3);
    if (type !== PAGE.interior && type !== PAGE.leaf) {
      throw new SyntaxError('it is damaged: a page is none of a table');
    }
    const first = start + (type === PAGE.leaf ? 8 : 12);
    const cells = Array.from({ length: count }, (_, at) => page.readUInt16BE(first + 2 * at));
    if (type === PAGE.leaf) {
      rows.push(...cells.map((cell) => recordOf(payloadAt(pages, page, cell))));
    } else {
      const children = cells.map((cell) => page.readUInt32BE(cell));
      open.push(...[...children, page.readUInt32BE(start + 8)].reverse());
    }
  }
  return rows;
}

function pageAt({ bytes, size }: Pages, number: number): Buffer {
  const start = (number - 1) * size;
  if (number < 1 || start >= bytes.length) throw new RangeError(`no page ${number}`);
  return bytes.subarray(start, start + size);
}

/** The whole payload of a leaf cell: what is in the cell, and in its overflow pages. */
function payloadAt(pages: Pages, page: Buffer, cell: number): Buffer {
  const [length, rowId] = varintAt(page, cell);
  const [, start] = varintAt(page, rowId);
  const { usable } = pages;
  pages.left -= length;
  if (pages.left < 0) throw new SyntaxError('it is damaged: its rows are longer than the file');
  const most = usable - 35;
  if (length <= most) return sliceOf(page, start, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const local = fitting <= most ? fitting : least;
  const parts = [sliceOf(page, start, local)];
  let next = page.readUInt32BE(start + local);
  for (let missing = length - local; missing > 0;) {
    const overflow = pageAt(pages, next);
    const part = sliceOf(overflow, 4, Math.min(missing, usable - 4));
    parts.push(part);
    missing -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function recordOf(payload: Buffer): SqliteValue[] {
  const [headerEnd, first] = varintAt(payload, 0);
  const values: SqliteValue[] = [];
  let value = headerEnd;
  for (let at = first; at < headerEnd;) {
    const [type, next] = varintAt(payload, at);
    const length = lengthOf(type);
    values.push(valueOf(type, sliceOf(payload, value, length)));
    value += length;
    at = next;
  }
  return values;
}

/** Bytes of a value, by serial type. */
function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? 0;
}

function valueOf(type: number, bytes: Buffer): SqliteValue {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('latin1');
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length);
  if (type === 8 || type === 9) return type - 8;
  return null;
}

/** A varint of one to nine bytes, and where it ends. No length here needs more than 53 bits. */
function varintAt(bytes: Buffer, offset: number): [number, number] {
  let value = 0;
  for (let at = 0; at < 8; at += 1) {
    const byte = bytes.readUInt8(offset + at);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, offset + at + 1];
  }
  return [value * 256 + bytes.readUInt8(offset + 8), offset + 9];
}

function sliceOf(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new RangeError(`no ${length} bytes at ${start}`);
  return bytes.subarray(start, start + length);
}
