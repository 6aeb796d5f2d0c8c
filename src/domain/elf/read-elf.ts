/**
 * What of an ELF file its loader looks at before the first instruction runs.
 * Sources: gABI; glibc elf/dl-load.c; musl ldso/dynlink.c.
 */
import type { ElfFact } from '../file-fact.ts';
import { DT, dynamicText, readDynamicSection, valueOfTag } from './dynamic-section.ts';
import { PT_INTERP, readElfHeader, type ElfImage } from './elf-header.ts';
import { PagedBytes, type ReadAt } from './paged-bytes.ts';
import { readVersionsDefined, readVersionsNeeded } from './symbol-versions.ts';

export type { ReadAt } from './paged-bytes.ts';

const PATH_MAX = 4096;
const DF_1_NODEFLIB = 0x800;

/**
 * Reads an ELF file through positioned reads: a few pages of it, whatever its size.
 * Throws SyntaxError, in one line that says why, for what is no ELF file or a damaged one.
 */
export function readElf(readAt: ReadAt): ElfFact {
  const image = readElfHeader(new PagedBytes(readAt));
  const { bits, littleEndian, machine, type } = image;
  return {
    bits,
    littleEndian,
    machine,
    type,
    interpreter: interpreterOf(image),
    ...dynamicFacts(image),
  };
}

type DynamicFacts = Omit<ElfFact, 'bits' | 'littleEndian' | 'machine' | 'type' | 'interpreter'>;

function dynamicFacts(image: ElfImage): DynamicFacts {
  const section = readDynamicSection(image);
  if (section === undefined) return NOT_DYNAMIC;
  const text = (at: number): string => dynamicText(image, section, at);
  const textOfTag = (tag: number): string | undefined => {
    const at = valueOfTag(section, tag);
    return at === undefined ? undefined : text(at);
  };
  return {
    dynamic: true,
    soname: textOfTag(DT.soname),
    needed: (section.get(DT.needed) ?? []).map(text),
    rpath: textOfTag(DT.rpath),
    runpath: textOfTag(DT.runpath),
    noDefaultLib: ((valueOfTag(section, DT.flags1) ?? 0) & DF_1_NODEFLIB) !== 0,
    versionsNeeded: readVersionsNeeded(image, section),
    versionsDefined: readVersionsDefined(image, section),
  };
}

const NOT_DYNAMIC: DynamicFacts = {
  dynamic: false,
  soname: undefined,
  needed: [],
  rpath: undefined,
  runpath: undefined,
  noDefaultLib: false,
  versionsNeeded: [],
  versionsDefined: [],
};

function interpreterOf({ file, segments }: ElfImage): string | undefined {
  const segment = segments.find(({ type }) => type === PT_INTERP);
  return segment === undefined ? undefined : file.text(segment.offset, PATH_MAX);
}
