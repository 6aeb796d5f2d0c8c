/**
 * What musl's loader does with a program before it runs. It is its own C library, knows no symbol
 * versions, no cache and no foreign machines: the first file of a name is the one.
 * Source: musl ldso/dynlink.c (load_library, fixup_rpath, path_open).
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';
import type { Found } from '../../domain/merged-tree.ts';
import type { RunningImage } from '../start/running-image.ts';
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

/** Libraries that are the loader itself, whatever comes behind the dot: libc.so.6, libm.so, ... */
const ITSELF = /^lib(?:c|pthread|rt|m|dl|util|xnet)\./;

const DEFAULT_FOLDERS = '/lib:/usr/local/lib:/usr/lib';

/** musl's loader of one image. */
export class MuslLoader {
  readonly #image: RunningImage;
  readonly #elf: ElfFact;
  readonly #folders: readonly ByteString[];

  /** `interpreter`: the path by which programs name this loader. */
  constructor(image: RunningImage, elf: ElfFact, interpreter: ByteString) {
    this.#image = image;
    this.#elf = elf;
    this.#folders = foldersOf(systemPath(image, interpreter));
  }

  /** What the loader stops at when it starts this file; [] when it comes to its first instruction. */
  obstaclesOf(found: Found, elf: ElfFact): Obstacle[] {
    const program = programFile(found, elf);
    const loaded = [program];
    const obstacles: Obstacle[] = [];
    for (const name of preloadsOf(this.#image)) {
      if (this.#load(name, program, loaded) !== 'loaded') obstacles.push({ kind: 'preload', name });
    }
    // Breadth first: what is loaded on the way is appended, and asked for its needs in its turn.
    for (const file of loaded) {
      for (const name of file.elf.needed) {
        const how = this.#load(name, file, loaded);
        if (how === 'loaded') continue;
        obstacles.push({ kind: 'library', name, how, neededBy: file.found.path });
      }
    }
    return obstacles;
  }

  #load(name: ByteString, by: LoadedFile, loaded: LoadedFile[]): 'loaded' | 'absent' | 'unfit' {
    if (ITSELF.test(name) || loaded.some(({ names }) => names.has(name))) return 'loaded';
    const search = name.includes('/') ? this.#open(name) : this.#search(name, by);
    // What is not read yet is judged when it is.
    if (search === 'pending') return 'loaded';
    if (typeof search === 'string') return search;
    const same = loaded.find(({ found }) => found.path === search.found.path);
    if (same !== undefined) same.names.add(name);
    else loaded.push(libraryFile(search, [name], by));
    return 'loaded';
  }

  #search(name: ByteString, by: LoadedFile): Search {
    const folders = [
      ...foldersOf(this.#image.config.env.get('LD_LIBRARY_PATH') ?? ''),
      ...[...chainOf(by)].flatMap(ownFolders),
      ...this.#folders,
    ];
    return firstOf(folders, (folder) => this.#open(`${folder}/${name}`));
  }

  #open(path: ByteString): Search {
    const found = this.#image.file(path);
    if (found === undefined) return 'absent';
    const elf = this.#image.elf(found);
    if (elf === 'pending') return elf;
    return elf === undefined || !sameKind(elf, this.#elf)
      ? 'unfit'
      : { found, elf, openedAs: path };
  }
}

/** DT_RUNPATH, else DT_RPATH; inherited alike. A `$` of anything but ORIGIN voids it all. */
function ownFolders(file: LoadedFile): ByteString[] {
  const path = file.elf.runpath ?? file.elf.rpath ?? '';
  const whole = path.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, () => file.origin);
  return path.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, '').includes('$') ? [] : foldersOf(whole);
}

function foldersOf(list: ByteString): ByteString[] {
  return list.split(/[:\n]+/).filter((folder) => folder !== '');
}

/** `/etc/ld-musl-ARCH.path` of the prefix that the loader is installed in. */
function systemPath(image: RunningImage, interpreter: ByteString): ByteString {
  const [, prefix = '', architecture = ''] =
    /^(.*?)\/?[^/]*\/ld-musl-([^/]*)\.so\.1$/.exec(interpreter) ?? [];
  const file = image.file(`${prefix}/etc/ld-musl-${architecture}.path`);
  return (file && image.text(file)) ?? DEFAULT_FOLDERS;
}
