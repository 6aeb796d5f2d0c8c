/**
 * The dynamic section: what a file asks of its loader. Found through PT_DYNAMIC, since programs can
 * do without section headers. Source: gABI, "Dynamic Section".
 */
import { offsetOf, PT_DYNAMIC, word, type ElfImage } from './elf-header.ts';

/** Values by tag. */
export type DynamicSection = ReadonlyMap<number, readonly number[]>;

export const DT = {
  needed: 1,
  strtab: 5,
  soname: 14,
  rpath: 15,
  runpath: 29,
  flags1: 0x6ffffffb,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;

const READ = new Set<number>(Object.values(DT));
const MOST_ENTRIES = 16 * 1024;
/** PATH_MAX, and room for the longest lists of paths seen in the wild. */
const LONGEST_TEXT = 64 * 1024;

/** Its entries up to DT_NULL; undefined where there is none. Throws SyntaxError when damaged. */
export function readDynamicSection(image: ElfImage): DynamicSection | undefined {
  const segment = image.segments.find(({ type }) => type === PT_DYNAMIC);
  if (segment === undefined) return undefined;
  const { file, bits, littleEndian } = image;
  const width = bits / 8;
  const values = new Map<number, number[]>();
  const count = Math.min(Math.floor(segment.size / (2 * width)), MOST_ENTRIES);
  for (let index = 0; index < count; index += 1) {
    const entry = file.bytes(segment.offset + index * 2 * width, 2 * width);
    const tag = tagOf(entry, bits, littleEndian);
    if (tag === 0) break;
    // Other tags may hold what is no number of ours.
    if (!READ.has(tag)) continue;
    const value = word(entry, width, bits, littleEndian);
    const others = values.get(tag);
    if (others === undefined) values.set(tag, [value]);
    else others.push(value);
  }
  return values;
}

/** The last value of a tag, as a loader reads it. */
export function valueOfTag(section: DynamicSection, tag: number): number | undefined {
  return section.get(tag)?.at(-1);
}

/** A text of the dynamic string table. Throws SyntaxError when it is not there. */
export function dynamicText(image: ElfImage, section: DynamicSection, at: number): string {
  const table = valueOfTag(section, DT.strtab);
  if (table === undefined) throw new SyntaxError('it has no table of names');
  return image.file.text(offsetOf(image, table + at), LONGEST_TEXT);
}

function tagOf(entry: DataView, bits: 32 | 64, littleEndian: boolean): number {
  return bits === 32
    ? entry.getUint32(0, littleEndian)
    : Number(entry.getBigUint64(0, littleEndian));
}
