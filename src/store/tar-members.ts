/**
 * The members of a layer's tar, from its tar-split entries: headers with their PAX and GNU
 * extensions applied, as Go's archive/tar hands them to dockerd.
 */
import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { paxRecords } from './pax-records.ts';
import { BLOCK, readTarHeader, type TarHeader } from './tar-header.ts';
import { notTarSplit, type TarSplitEntry } from './tar-split.ts';

export interface TarMember extends TarHeader {
  /** CRC-64 of the content in base64, as tar-split has it. */
  readonly crc: string | undefined;
  /** Extended attributes; names and values are byte strings. */
  readonly xattrs: ReadonlyMap<ByteString, ByteString>;
}

/** Type flags whose members never have content, whatever their size field says. */
const WITHOUT_CONTENT = '123456';

/** The first of the zero blocks that end a tar; more may follow, or something else altogether. */
const END_OF_ARCHIVE = Buffer.alloc(BLOCK);

const XATTR = 'SCHILY.xattr.';
const MAX_ID = 2 ** 32 - 1;
const NO_XATTRS: ReadonlyMap<ByteString, ByteString> = new Map();

/**
 * The members in order; global PAX headers are left out, as dockerd does.
 * Throws STORE_DAMAGED, also at the end when the end of the archive is missing.
 */
export function* tarMembers(entries: Iterable<TarSplitEntry>): Generator<TarMember> {
  let raw: Buffer[] = [];
  // Of the content before, which is no part of tar-split.
  let padding = 0;
  for (const entry of entries) {
    if (entry.kind === 'raw') {
      raw.push(entry.bytes);
      continue;
    }
    const [only = Buffer.alloc(0)] = raw;
    const headers = (raw.length === 1 ? only : Buffer.concat(raw)).subarray(padding);
    const { member, left } = readHeaders(headers, entry.crc);
    raw = [];
    if (member.type === 'g') {
      padding = paddingOf(member.size) - Math.max(0, left - member.size);
      continue;
    }
    if (left > 0) throw notTarSplit('there is more than a header in front of a file');
    const size = WITHOUT_CONTENT.includes(member.type) ? 0 : member.size;
    if (size !== 0 && size !== entry.size) throw notTarSplit('a size differs from its header');
    padding = paddingOf(size);
    yield size === member.size ? member : { ...member, size };
  }
  // Without its end it may be cut anywhere, and files that are not listed would count as absent.
  const end = Buffer.concat(raw).subarray(padding, padding + BLOCK);
  if (!end.equals(END_OF_ARCHIVE)) throw notTarSplit('it ends before the tar does');
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** What the headers in front of a member say about it. */
interface Extensions {
  pax: ReadonlyMap<string, string>;
  longName: ByteString;
  longLink: ByteString;
}

/** The member that these headers are of, and how many bytes there are after them. */
function readHeaders(bytes: Buffer, crc: string | undefined): { member: TarMember; left: number } {
  const extensions: Extensions = { pax: NO_XATTRS, longName: '', longLink: '' };
  for (let at = 0; at < bytes.length;) {
    const header = readTarHeader(bytes.subarray(at, at + BLOCK));
    at += BLOCK;
    const left = bytes.length - at;
    const isLast = left <= header.size + paddingOf(header.size);
    if (header.type === 'g' && isLast) {
      return { member: { ...header, crc, xattrs: NO_XATTRS }, left };
    }
    if (!'xLKg'.includes(header.type)) return { member: extended(header, extensions, crc), left };
    if (isLast) break;
    const body = bytes.subarray(at, at + header.size);
    if (header.type === 'x') extensions.pax = paxRecords(body);
    if (header.type === 'L') extensions.longName = upToNul(body);
    if (header.type === 'K') extensions.longLink = upToNul(body);
    at += header.size + paddingOf(header.size);
  }
  throw notTarSplit('there is no whole header in front of a file');
}

/** The member that a header is of, with the records of the PAX header in front of it. */
export function memberOf(header: TarHeader, pax: ReadonlyMap<string, string>): TarMember {
  return extended(header, { pax, longName: '', longLink: '' }, undefined);
}

/** The header with what the extensions say instead; GNU's long names win, as in Go. */
function extended(
  header: TarHeader,
  { pax, longName, longLink }: Extensions,
  crc: string | undefined,
): TarMember {
  const name = longName || pax.get('path') || header.name;
  const { type } = header;
  if (type === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
    throw new RebaseError('STORE_DAMAGED', 'a layer has a sparse member');
  }
  return {
    name,
    linkName: longLink || pax.get('linkpath') || header.linkName,
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    mode: header.mode,
    uid: idOf(numberOf(pax.get('uid')) ?? header.uid),
    gid: idOf(numberOf(pax.get('gid')) ?? header.gid),
    size: numberOf(pax.get('size')) ?? header.size,
    major: header.major,
    minor: header.minor,
    crc,
    xattrs: xattrsIn(pax),
  };
}

function xattrsIn(pax: ReadonlyMap<string, string>): ReadonlyMap<ByteString, ByteString> {
  if (pax.size === 0) return NO_XATTRS;
  const xattrs = [...pax].filter(([key]) => key.startsWith(XATTR));
  return new Map(xattrs.map(([key, value]) => [key.slice(XATTR.length), value]));
}

/** A decimal number of a PAX record; undefined when the record is absent or empty. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) {
    throw new RebaseError('STORE_DAMAGED', 'a PAX header of a layer has a malformed number');
  }
  return value;
}

function idOf(id: number): number {
  if (id <= MAX_ID) return id;
  throw new RebaseError('STORE_DAMAGED', 'a tar header of a layer has an owner out of range');
}

function upToNul(bytes: Buffer): ByteString {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
