/**
 * Reads the values of a Berkeley DB hash, as rpm wrote its packages until 4.15.
 * Source: Berkeley DB 5.3, src/dbinc/db_page.h (DBMETA33, PAGE, HOFFPAGE).
 */

const MAGIC = 0x00061561;
const META_PAGE = 8;
const PAGE = { oldHash: 2, overflow: 7, hash: 13 } as const;
const ITEM = { inline: 1, offPage: 3 } as const;
const PAGE_HEADER = 26;
/** Keys are package numbers; the value of number 0 is the highest of them, and no package. */
const COUNTER = 0;

interface Database {
  readonly bytes: Buffer;
  readonly pageSize: number;
  readonly u16: (offset: number) => number;
  readonly u32: (offset: number) => number;
  /** Bytes of values that there may still be: all of them together fit into the file. */
  left: number;
}

export function isBerkeleyHash(bytes: Buffer): boolean {
  if (bytes.length < 512 || bytes[25] !== META_PAGE) return false;
  return bytes.readUInt32LE(12) === MAGIC || bytes.readUInt32BE(12) === MAGIC;
}

/** The value of every key but 0. Throws SyntaxError, RangeError. */
export function berkeleyValues(bytes: Buffer): Buffer[] {
  const little = bytes.readUInt32LE(12) === MAGIC;
  const u16 = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const pageSize = u32(20);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) {
    throw new SyntaxError('it is damaged: no such page size');
  }
  const database = { bytes, pageSize, u16, u32, left: bytes.length };
  if ((u32(32) + 1) * pageSize > bytes.length) throw new SyntaxError('it is cut short');
  const values: Buffer[] = [];
  for (let page = pageSize; page < bytes.length; page += pageSize) {
    const type = bytes.readUInt8(page + 25);
    if (type === PAGE.hash || type === PAGE.oldHash) values.push(...valuesOn(database, page));
  }
  return values;
}

/** Keys and values alternate; each item begins where the index says and ends where its elder began. */
function valuesOn(database: Database, page: number): Buffer[] {
  const { bytes, pageSize, u16, u32 } = database;
  const starts = Array.from({ length: u16(page + 20) }, (_, at) =>
    u16(page + PAGE_HEADER + 2 * at),
  );
  const values: Buffer[] = [];
  for (let at = 1; at < starts.length; at += 2) {
    const [key = 0, value = 0] = [starts[at - 1], starts[at]];
    if (key > pageSize || value >= key) throw new SyntaxError('it is damaged: items overlap');
    if (u32(page + key + 1) === COUNTER) continue;
    const type = bytes.readUInt8(page + value);
    if (type === ITEM.inline) values.push(bytes.subarray(page + value + 1, page + key));
    else if (type === ITEM.offPage) {
      values.push(overflowValue(database, u32(page + value + 4), u32(page + value + 8)));
    } else throw new SyntaxError('it is damaged: an item of no known kind');
  }
  return values;
}

/** A value in a chain of overflow pages. */
function overflowValue(database: Database, first: number, length: number): Buffer {
  const { bytes, pageSize, u16, u32 } = database;
  database.left -= length;
  if (database.left < 0)
    throw new SyntaxError('it is damaged: its values are longer than the file');
  const parts: Buffer[] = [];
  let number = first;
  for (let missing = length; missing > 0;) {
    const page = number * pageSize;
    const used = u16(page + 22);
    const isPart = bytes.readUInt8(page + 25) === PAGE.overflow && used > 0 && used <= missing;
    if (!isPart || PAGE_HEADER + used > pageSize) {
      throw new SyntaxError('it is damaged: a value breaks off');
    }
    parts.push(bytes.subarray(page + PAGE_HEADER, page + PAGE_HEADER + used));
    missing -= used;
    number = u32(page + 16);
  }
  return Buffer.concat(parts);
}
