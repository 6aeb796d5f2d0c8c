/**
 * What glibc's loader does with a program before it runs: which libraries it loads, from where, and
 * what it stops at. Sources: ld.so(8); glibc elf/dl-load.c (_dl_map_object), elf/dl-deps.c,
 * elf/dl-version.c.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';
import type { Found } from '../../domain/merged-tree.ts';
import type { RunningImage } from '../start/running-image.ts';
import { expanded, systemFolders, withHwcaps } from './glibc-search-path.ts';
import { libraryCacheOf, type LibraryCache } from './ld-so-cache.ts';
import {
  chainOf,
  firstOf,
  libraryFile,
  preloadsOf,
  programFile,
  sameKind,
  type LoadedFile,
  type Obstacle,
  type Search,
} from './loading.ts';

/** Libraries that the kernel puts into every process. */
const VDSO = new Set(['linux-vdso.so.1', 'linux-gate.so.1', 'linux-vdso64.so.1']);

/** glibc's loader of one image: what it finds without a program's own paths is the same for all. */
export class GlibcLoader {
  readonly #image: RunningImage;
  readonly #file: Found;
  readonly #elf: ElfFact;
  readonly #folders: readonly ByteString[];
  readonly #cache: LibraryCache;
  readonly #shared = new Map<ByteString, Search>();

  constructor(image: RunningImage, file: Found, elf: ElfFact) {
    this.#image = image;
    this.#file = file;
    this.#elf = elf;
    this.#folders = systemFolders(image.text(file) ?? '', elf);
    const cache = image.file('/etc/ld.so.cache');
    this.#cache = libraryCacheOf((cache && image.text(cache)) ?? '', elf);
  }

  /** What the loader stops at when it starts this file; [] when it comes to its first instruction. */
  obstaclesOf(found: Found, elf: ElfFact): Obstacle[] {
    const program = programFile(found, elf, namesOf(elf));
    const itself = programFile(this.#file, this.#elf, namesOf(this.#elf, elf.interpreter));
    const loaded = [program, itself];
    const obstacles: Obstacle[] = [];
    for (const name of preloadsOf(this.#image)) {
      const how = this.#load(name, program, loaded);
      if (how !== 'loaded') obstacles.push({ kind: 'preload', name });
    }
    // Breadth first: what is loaded on the way is appended, and asked for its needs in its turn.
    for (const file of loaded) {
      for (const name of file.elf.needed) {
        const how = this.#load(name, file, loaded);
        if (how === 'loaded') continue;
        obstacles.push({ kind: 'library', name, how, neededBy: file.found.path });
      }
    }
    return [...obstacles, ...missingVersions(loaded)];
  }

  /** Finds a library and adds it to what is loaded, unless it is there or unread. */
  #load(needed: ByteString, by: LoadedFile, loaded: LoadedFile[]): 'loaded' | 'absent' | 'unfit' {
    const name = this.#expand(needed, by);
    if (VDSO.has(name) || loaded.some(({ names }) => names.has(name))) return 'loaded';
    const search = name.includes('/') ? this.#open(name) : this.#search(name, by, loaded[0] ?? by);
    // What is not read yet is judged when it is.
    if (search === 'pending') return 'loaded';
    if (typeof search === 'string') return search;
    const same = loaded.find(({ found }) => found.path === search.found.path);
    if (same !== undefined) same.names.add(name);
    else loaded.push(libraryFile(search, [name, ...namesOf(search.elf)], by));
    return 'loaded';
  }

  #search(name: ByteString, by: LoadedFile, program: LoadedFile): Search {
    const { env } = this.#image.config;
    const own = [
      ...this.#rpathOf(by, program),
      ...this.#expandAll((env.get('LD_LIBRARY_PATH') ?? '').split(/[:;]/), program),
      ...this.#expandAll((by.elf.runpath ?? '').split(':'), by),
    ];
    const search = this.#inFolders(own, name);
    return search === 'absent' ? this.#searchSystem(name, by.elf) : search;
  }

  /** DT_RPATH of the file and of those that brought it; none where it has a DT_RUNPATH. */
  #rpathOf(by: LoadedFile, program: LoadedFile): ByteString[] {
    if (by.elf.runpath !== undefined) return [];
    return [...new Set([...chainOf(by), program])].flatMap((file) => {
      const { rpath, runpath } = file.elf;
      return runpath === undefined ? this.#expandAll((rpath ?? '').split(':'), file) : [];
    });
  }

  /** The cache and the folders compiled in. */
  #searchSystem(name: ByteString, { noDefaultLib }: ElfFact): Search {
    const key = `${noDefaultLib ? '-' : '+'}${name}`;
    let search = this.#shared.get(key);
    if (search === undefined) {
      const cached = this.#cache(name);
      const barred = noDefaultLib && this.#folders.some((folder) => isIn(folder, cached));
      search = cached === undefined || barred ? 'absent' : this.#open(cached);
      if (search === 'absent' && !noDefaultLib) search = this.#inFolders(this.#folders, name);
      this.#shared.set(key, search);
    }
    return search;
  }

  #inFolders(folders: readonly ByteString[], name: ByteString): Search {
    const all = folders.flatMap((folder) => withHwcaps(folder, this.#elf));
    return firstOf(all, (folder) => this.#open(`${folder}/${name}`));
  }

  /** Files for another machine are passed over; one that is no ELF file ends the search. */
  #open(path: ByteString): Search {
    const found = this.#image.file(path);
    if (found === undefined) return 'absent';
    const elf = this.#image.elf(found);
    if (elf === 'pending') return elf;
    if (elf === undefined) return 'unfit';
    return sameKind(elf, this.#elf) ? { found, elf, openedAs: path } : 'absent';
  }

  #expandAll(folders: readonly ByteString[], file: LoadedFile): ByteString[] {
    // A list that is empty names no folder; an empty name among others is the current one.
    if (folders.length === 1 && folders[0] === '') return [];
    return folders.map((folder) => this.#expand(folder === '' ? '.' : folder, file));
  }

  #expand(text: ByteString, file: LoadedFile): ByteString {
    return expanded(text, file.origin, this.#folders, this.#elf);
  }
}

/** Versions that no library of those loaded has. One without any versions passes for all. */
function missingVersions(loaded: readonly LoadedFile[]): Obstacle[] {
  return loaded.flatMap(({ elf, found }) =>
    elf.versionsNeeded.flatMap(({ file, version, weak }): Obstacle[] => {
      const defined = loaded.find(({ names }) => names.has(file))?.elf.versionsDefined ?? [];
      if (weak || defined.length === 0 || defined.includes(version)) return [];
      return [{ kind: 'version', name: file, version, neededBy: found.path }];
    }),
  );
}

function namesOf({ soname }: ElfFact, interpreter?: ByteString): ByteString[] {
  return [soname, interpreter].filter((name) => name !== undefined);
}

function isIn(folder: ByteString, path: ByteString | undefined): boolean {
  return path?.startsWith(`${folder}/`) === true && !path.slice(folder.length + 1).includes('/');
}
