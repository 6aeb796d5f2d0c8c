/**
 * Symbol versions: what a file needs of others, and what a library has to offer.
 * Source: LSB Core, "Symbol Versioning" (Elfxx_Verneed, Elfxx_Verdef; 32 and 64 bit are the same).
 */
import type { ElfFact } from '../file-fact.ts';
import { DT, dynamicText, valueOfTag, type DynamicSection } from './dynamic-section.ts';
import { offsetOf, type ElfImage } from './elf-header.ts';

const VER_FLG_WEAK = 2;
const MOST_RECORDS = 16 * 1024;

/** DT_VERNEED, in order. Throws SyntaxError when damaged. */
export function readVersionsNeeded(
  image: ElfImage,
  section: DynamicSection,
): ElfFact['versionsNeeded'] {
  const versions: { file: string; version: string; weak: boolean }[] = [];
  const { littleEndian } = image;
  for (const need of chain(image, section, DT.verneed, DT.verneednum, 16, 12)) {
    const file = dynamicText(image, section, need.view.getUint32(4, littleEndian));
    const count = need.view.getUint16(2, littleEndian);
    const first = need.at + need.view.getUint32(8, littleEndian);
    for (const { view } of records(image, first, count, 16, 12)) {
      const weak = (view.getUint16(4, littleEndian) & VER_FLG_WEAK) !== 0;
      const version = dynamicText(image, section, view.getUint32(8, littleEndian));
      versions.push({ file, version, weak });
      if (versions.length > MOST_RECORDS) throw new SyntaxError('it needs too many versions');
    }
  }
  return versions;
}

/** DT_VERDEF, in order, the library's own name as the first. Throws SyntaxError when damaged. */
export function readVersionsDefined(image: ElfImage, section: DynamicSection): string[] {
  const versions: string[] = [];
  const { littleEndian } = image;
  for (const { at, view } of chain(image, section, DT.verdef, DT.verdefnum, 20, 16)) {
    const first = at + view.getUint32(12, littleEndian);
    // The first name is the version's; the others are those that it inherits from.
    for (const name of records(image, first, Math.min(view.getUint16(6, littleEndian), 1), 8, 4)) {
      versions.push(dynamicText(image, section, name.view.getUint32(0, littleEndian)));
    }
  }
  return versions;
}

interface Record {
  /** Its offset in the file. */
  readonly at: number;
  readonly view: DataView;
}

function chain(
  image: ElfImage,
  section: DynamicSection,
  tableTag: number,
  countTag: number,
  size: number,
  nextAt: number,
): Iterable<Record> {
  const address = valueOfTag(section, tableTag);
  if (address === undefined) return [];
  // A count that is missing leaves it to the chain to end.
  const count = valueOfTag(section, countTag) ?? MOST_RECORDS;
  return records(image, offsetOf(image, address), count, size, nextAt);
}

/** Records that each say how far away the next one is; 0 ends the chain. */
function* records(
  { file, littleEndian }: ElfImage,
  first: number,
  count: number,
  size: number,
  nextAt: number,
): Generator<Record> {
  if (count > MOST_RECORDS) throw new SyntaxError('its table of versions is too large');
  let at = first;
  for (let index = 0; index < count; index += 1) {
    const view = file.bytes(at, size);
    yield { at, view };
    const next = view.getUint32(nextAt, littleEndian);
    if (next === 0) return;
    at += next;
  }
}
