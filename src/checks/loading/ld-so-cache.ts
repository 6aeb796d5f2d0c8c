/**
 * `/etc/ld.so.cache`, which ldconfig writes from ld.so.conf: the loader reads only the cache.
 * Sources: glibc sysdeps/generic/dl-cache.h (struct cache_file_new), elf/dl-cache.c.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';

/** The path of a library by its name; undefined when it is not in the cache. */
export type LibraryCache = (name: ByteString) => ByteString | undefined;

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_SIZE = 48;
const ENTRY_SIZE = 24;
const OLD_MAGIC = 'ld.so-1.7.0\0';
const OLD_ENTRY_SIZE = 12;

/**
 * What marks the entries that a loader of this machine takes: FLAG_ELF_LIBC6 and the ABI. Undefined:
 * any, where machine and class do not tell the ABI.
 */
function flagsFor({ machine, bits }: ElfFact): number | undefined {
  switch (machine) {
    case 3:
      return 0x0003;
    case 21:
      return 0x0503;
    case 22:
      return bits === 64 ? 0x0403 : 0x0003;
    case 62:
      return bits === 64 ? 0x0303 : 0x0803;
    case 183:
      return 0x0a03;
    default:
      return undefined;
  }
}

/** Reads the bytes of the file. What is damaged ends the list, as it ends the loader's trust. */
export function libraryCacheOf(bytes: ByteString, elf: ElfFact): LibraryCache {
  const paths = new Map<ByteString, ByteString>();
  const start = startOf(bytes, elf.littleEndian);
  if (start === undefined) return () => undefined;
  const number = (at: number): number => uint32(bytes, at, elf.littleEndian);
  const count = Math.min(number(start + 20), Math.floor((bytes.length - start) / ENTRY_SIZE));
  const wanted = flagsFor(elf);
  for (let index = 0; index < count; index += 1) {
    const at = start + HEADER_SIZE + index * ENTRY_SIZE;
    const flags = number(at);
    if (wanted !== undefined && flags !== wanted && flags !== 1) continue;
    const name = textAt(bytes, start + number(at + 4));
    const path = textAt(bytes, start + number(at + 8));
    // Entries for certain processors come as well as the one for all; any of them will do.
    if (name !== undefined && path !== undefined && !paths.has(name)) paths.set(name, path);
  }
  return (name) => paths.get(name);
}

/** Where the table begins: at once, or behind one of the old format. */
function startOf(bytes: ByteString, littleEndian: boolean): number | undefined {
  if (bytes.startsWith(MAGIC)) return 0;
  if (!bytes.startsWith(OLD_MAGIC)) return undefined;
  const after = 16 + uint32(bytes, 12, littleEndian) * OLD_ENTRY_SIZE;
  const aligned = Math.ceil(after / 8) * 8;
  return bytes.startsWith(MAGIC, aligned) ? aligned : undefined;
}

function textAt(bytes: ByteString, at: number): ByteString | undefined {
  const end = bytes.indexOf('\0', at);
  return at >= bytes.length || end < 0 ? undefined : bytes.slice(at, end);
}

/** 0 behind the end. */
function uint32(bytes: ByteString, at: number, littleEndian: boolean): number {
  const order = littleEndian ? [3, 2, 1, 0] : [0, 1, 2, 3];
  return order.reduce((sum, step) => sum * 256 + (bytes.charCodeAt(at + step) || 0), 0);
}
