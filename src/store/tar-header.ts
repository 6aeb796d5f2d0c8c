/**
 * One 512-byte tar header. Sources: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic
 * Tar Format"; tar(5). Read as Go's archive/tar does, with which dockerd unpacks layers.
 */
import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: ByteString;
  readonly linkName: ByteString;
  /** The type flag; an old one (NUL) is `0`, or `5` when the name ends in a slash. */
  readonly type: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

const CHECKSUM = { at: 148, length: 8 };

/** Reads a header. Throws STORE_DAMAGED when the checksum is wrong or a number is none. */
export function readTarHeader(block: Buffer): TarHeader {
  if (block.length < BLOCK || !hasChecksum(block)) throw noHeader('has a wrong checksum');
  const ustar = textAt(block, 257, 6);
  const isPosix = ustar === 'ustar' && block[262] === 0;
  const isGnu = block.toString('latin1', 257, 265) === 'ustar  \0';
  const isStar = isPosix && block.toString('latin1', 508, 512) === 'tar\0';
  const prefix = isPosix ? textAt(block, 345, isStar ? 131 : 155) : '';
  const name = textAt(block, 0, 100);
  const hasDevice = isPosix || isGnu;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textAt(block, 157, 100),
    type: block[156] === 0 ? '\0' : String.fromCharCode(block[156] ?? 0),
    mode: numberAt(block, 100, 8) % 0o10000,
    uid: numberAt(block, 108, 8),
    gid: numberAt(block, 116, 8),
    size: numberAt(block, 124, 12),
    major: hasDevice ? numberAt(block, 329, 8) : 0,
    minor: hasDevice ? numberAt(block, 337, 8) : 0,
  };
}

/** The sum of all bytes, the checksum's own as blanks; old tars summed signed bytes. */
function hasChecksum(block: Buffer): boolean {
  let unsigned = CHECKSUM.length * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK; at += 1) {
    if (at === CHECKSUM.at) at += CHECKSUM.length;
    const byte = block[at] ?? 0;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const sum = numberAt(block, CHECKSUM.at, CHECKSUM.length);
  return sum === unsigned || sum === signed;
}

/** Octal digits, or a big-endian number after a byte with the highest bit set (GNU's base-256). */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  return first < 0x80 ? octalAt(block, at, length) : base256At(block, at, length);
}

function octalAt(block: Buffer, at: number, length: number): number {
  let value = 0;
  let end = at + length;
  let start = at;
  while (start < end && isBlank(block[start])) start += 1;
  while (end > start && isBlank(block[end - 1])) end -= 1;
  for (let digit = start; digit < end; digit += 1) {
    const byte = block[digit] ?? 0;
    if (byte === 0) break;
    if (byte < 0x30 || byte > 0x37) throw noHeader('has a malformed number');
    value = value * 8 + byte - 0x30;
  }
  return safe(value);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

function base256At(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  if (first >= 0xc0) throw noHeader('has a negative number');
  let value = first - 0x80;
  for (let index = at + 1; index < at + length; index += 1) {
    value = value * 256 + (block[index] ?? 0);
  }
  return safe(value);
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw noHeader('has a number that is too large');
  return value;
}

/** A field up to its first NUL. */
function textAt(block: Buffer, at: number, length: number): ByteString {
  let end = at;
  while (end < at + length && block[end] !== 0) end += 1;
  return block.toString('latin1', at, end);
}

function noHeader(why: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `a tar header of a layer ${why}`);
}
