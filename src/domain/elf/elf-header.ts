/**
 * The ELF header and the program headers: where a file's parts lie, in the file and in memory.
 * Source: System V ABI (gABI), "ELF Header" and "Program Header".
 */
import type { PagedBytes } from './paged-bytes.ts';

/** The file as a loader sees it. */
export interface ElfImage {
  readonly file: PagedBytes;
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly machine: number;
  readonly type: number;
  readonly segments: readonly Segment[];
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
}

const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;

const MAGIC = 0x7f454c46;
const MOST_SEGMENTS = 1024;

/** Reads the headers. Throws SyntaxError for what is no ELF file or a damaged one. */
export function readElfHeader(file: PagedBytes): ElfImage {
  const ident = identOf(file);
  const littleEndian = oneOf(ident.getUint8(5), { 1: true, 2: false }, 'byte order');
  const bits = oneOf(ident.getUint8(4), { 1: 32, 2: 64 } as const, 'class');
  const header = file.bytes(0, bits === 64 ? 64 : 52);
  const half = (offset: number): number => header.getUint16(offset, littleEndian);
  const [tableAt, entrySize, count] =
    bits === 64
      ? [word(header, 32, 64, littleEndian), half(54), half(56)]
      : [word(header, 28, 32, littleEndian), half(42), half(44)];
  if (count > MOST_SEGMENTS) throw new SyntaxError('it has too many program headers');
  if (count > 0 && entrySize !== (bits === 64 ? 56 : 32)) {
    throw new SyntaxError('its program headers have the wrong size');
  }
  const table = file.bytes(tableAt, count * entrySize);
  const segments = Array.from({ length: count }, (_, index) => {
    return segmentAt(table, index * entrySize, bits, littleEndian);
  });
  return { file, bits, littleEndian, machine: half(18), type: half(16), segments };
}

/** Where in the file an address lies. Throws SyntaxError when no segment has it. */
export function offsetOf({ segments }: ElfImage, address: number): number {
  for (const segment of segments) {
    if (segment.type !== PT_LOAD) continue;
    const inside = address - segment.address;
    if (inside >= 0 && inside < segment.size) return segment.offset + inside;
  }
  throw new SyntaxError('an address in it points nowhere');
}

/** An address, offset or size: 32 or 64 bits. Throws SyntaxError above 2^53. */
export function word(view: DataView, at: number, bits: 32 | 64, littleEndian: boolean): number {
  if (bits === 32) return view.getUint32(at, littleEndian);
  const value = Number(view.getBigUint64(at, littleEndian));
  if (!Number.isSafeInteger(value)) throw new SyntaxError('a number in it is out of range');
  return value;
}

function identOf(file: PagedBytes): DataView {
  try {
    const ident = file.bytes(0, 16);
    if (ident.getUint32(0) === MAGIC) return ident;
  } catch (error) {
    // Shorter than the smallest header: not ELF at all, rather than half of it.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SyntaxError('it is no ELF file');
}

function segmentAt(table: DataView, at: number, bits: 32 | 64, littleEndian: boolean): Segment {
  const type = table.getUint32(at, littleEndian);
  const [offset, address, size] = bits === 64 ? [8, 16, 32] : [4, 8, 16];
  // Only these three are read; the kernel and the loaders let the others hold anything.
  if (type !== PT_LOAD && type !== PT_DYNAMIC && type !== PT_INTERP) {
    return { type, offset: 0, address: 0, size: 0 };
  }
  return {
    type,
    offset: word(table, at + offset, bits, littleEndian),
    address: word(table, at + address, bits, littleEndian),
    size: word(table, at + size, bits, littleEndian),
  };
}

function oneOf<T>(byte: number, meanings: Readonly<Record<number, T>>, what: string): T {
  const meaning = meanings[byte];
  if (meaning === undefined) throw new SyntaxError(`its ${what} is unknown`);
  return meaning;
}
