/**
 * The pages of a bolt database, as bytes. Source: etcd-io/bbolt, "page.go" and "bucket.go": a header
 * of id, flags, count and overflow, then elements that point at keys and values behind them; all
 * numbers little-endian.
 */
import { RebaseError } from '../../errors.ts';

const HEADER_SIZE = 16;
const ELEMENT_SIZE = 16;
const BRANCH = 0x01;
const LEAF = 0x02;
const BUCKET_ELEMENT = 0x01;

/** What a page holds: pages below it, or keys. */
export type Page =
  | { readonly kind: 'branch'; readonly pages: readonly number[] }
  | { readonly kind: 'leaf'; readonly elements: readonly LeafElement[] };

export interface LeafElement {
  /** A byte string. */
  readonly key: string;
  readonly value: Buffer;
  readonly isBucket: boolean;
}

/** Reads the page that begins these bytes; they may hold more. Throws STORE_DAMAGED. */
export function readPage(bytes: Buffer): Page {
  if (bytes.length < HEADER_SIZE) throw damaged('a page is cut short');
  const flags = bytes.readUInt16LE(8);
  const count = bytes.readUInt16LE(10);
  if (HEADER_SIZE + count * ELEMENT_SIZE > bytes.length) throw damaged('a page is too full');
  const places = Array.from({ length: count }, (_, index) => HEADER_SIZE + index * ELEMENT_SIZE);
  if (flags === BRANCH) {
    return { kind: 'branch', pages: places.map((at) => numberAt(bytes, at + 8)) };
  }
  if (flags !== LEAF) throw damaged('a page is neither branch nor leaf');
  return { kind: 'leaf', elements: places.map((at) => leafElement(bytes, at)) };
}

function leafElement(bytes: Buffer, at: number): LeafElement {
  const flags = bytes.readUInt32LE(at);
  const start = at + bytes.readUInt32LE(at + 4);
  const keyEnd = start + bytes.readUInt32LE(at + 8);
  const end = keyEnd + bytes.readUInt32LE(at + 12);
  if (end > bytes.length) throw damaged('a key lies outside its page');
  return {
    key: bytes.toString('latin1', start, keyEnd),
    value: bytes.subarray(keyEnd, end),
    isBucket: (flags & BUCKET_ELEMENT) !== 0,
  };
}

/** A 64-bit number. Throws STORE_DAMAGED for one that is no page of any file. */
export function numberAt(bytes: Buffer, at: number): number {
  const number = bytes.readBigUInt64LE(at);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('a number is too large');
  return Number(number);
}

/** The error for a file that is no sound bolt database. */
export function damaged(why: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `it is no sound bolt database: ${why}`);
}
