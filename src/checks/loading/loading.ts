/**
 * The words of dynamic loading, and what both loaders of this folder do alike.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';
import type { Found } from '../../domain/merged-tree.ts';
import type { RunningImage } from '../start/running-image.ts';

/** A file in a process, and whose need brought it there. */
export interface LoadedFile {
  readonly found: Found;
  readonly elf: ElfFact;
  /** Its folder, as $ORIGIN. */
  readonly origin: ByteString;
  readonly neededBy: LoadedFile | undefined;
  /** Names under which it answers to further needs. */
  readonly names: Set<ByteString>;
}

/** What keeps a program from starting. */
export type Obstacle =
  /** The loader that the program names; `other`: there, and none that is known. */
  | {
      readonly kind: 'loader';
      readonly name: ByteString;
      readonly how: 'absent' | 'unfit' | 'other';
    }
  | {
      readonly kind: 'library';
      readonly name: ByteString;
      readonly how: 'absent' | 'unfit';
      readonly neededBy: ByteString;
    }
  | {
      readonly kind: 'version';
      readonly name: ByteString;
      readonly version: ByteString;
      readonly neededBy: ByteString;
    }
  /** LD_PRELOAD: the loaders go on without it. */
  | { readonly kind: 'preload'; readonly name: ByteString }
  /** `interpreter`: that of a script. `program`: what it runs by env. `damaged`: the file itself. */
  | { readonly kind: 'interpreter' | 'program' | 'damaged'; readonly name: ByteString }
  /** The kernel does not know what to do with it: neither a program nor a script. */
  | { readonly kind: 'format'; readonly name: ByteString }
  /** What a command line of the config starts, and what files it names. */
  | { readonly kind: 'command' | 'file'; readonly name: ByteString; readonly purpose: Purpose };

/** What a command line of the config is there for. */
export type Purpose = 'start' | 'health';

/** What a loader finds when it looks for a library. */
export type Search =
  | { readonly found: Found; readonly elf: ElfFact; readonly openedAs: ByteString }
  /** `pending`: a file must be read first. `unfit`: it finds a file that it cannot load. */
  | 'absent'
  | 'unfit'
  | 'pending';

/** Whether two files can be in one process. */
export function sameKind(a: ElfFact, b: ElfFact): boolean {
  return a.bits === b.bits && a.machine === b.machine && a.littleEndian === b.littleEndian;
}

/** The program itself. The kernel tells its path without symlinks. */
export function programFile(
  found: Found,
  elf: ElfFact,
  names: readonly ByteString[] = [],
): LoadedFile {
  const origin = folderOf(`/${found.path}`);
  return { found, elf, origin, neededBy: undefined, names: new Set(names) };
}

/** A library that a search has led to. Its folder is that of the name by which it was opened. */
export function libraryFile(
  { found, elf, openedAs }: Exclude<Search, string>,
  names: readonly ByteString[],
  neededBy: LoadedFile,
): LoadedFile {
  return { found, elf, origin: folderOf(openedAs), neededBy, names: new Set(names) };
}

/** The file and those whose needs brought it there, up to the program. */
export function* chainOf(file: LoadedFile): Generator<LoadedFile> {
  for (let each: LoadedFile | undefined = file; each !== undefined; each = each.neededBy) {
    yield each;
  }
}

/** The first answer other than `absent`. */
export function firstOf(
  directories: Iterable<ByteString>,
  open: (directory: ByteString) => Search,
): Search {
  for (const directory of directories) {
    const search = open(directory);
    if (search !== 'absent') return search;
  }
  return 'absent';
}

/** The files of LD_PRELOAD, which both loaders load before those that the program needs. */
export function preloadsOf({ config }: RunningImage): ByteString[] {
  return (config.env.get('LD_PRELOAD') ?? '').split(/[: ]+/).filter((name) => name !== '');
}

function folderOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}
