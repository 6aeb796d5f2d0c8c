/**
 * The loaders of an image: which one a file gets, and what it stops at.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';
import type { Found } from '../../domain/merged-tree.ts';
import { isExecutable, type RunningImage } from '../start/running-image.ts';
import { GlibcLoader } from './glibc-loader.ts';
import { sameKind, type Obstacle } from './loading.ts';
import { MuslLoader } from './musl-loader.ts';

type Loader = GlibcLoader | MuslLoader;

/** Where loaders are; the one that an image has is the one that its libraries get. */
const USUAL_PLACES: readonly ByteString[] = [
  '/lib64/ld-linux-x86-64.so.2',
  '/lib/ld-linux-aarch64.so.1',
  '/lib/ld-linux-armhf.so.3',
  '/lib/ld-linux.so.2',
  '/lib64/ld64.so.2',
  '/lib/ld64.so.1',
  '/lib/ld-linux-riscv64-lp64d.so.1',
  ...['x86_64', 'aarch64', 'armhf', 'armv7', 'i386', 'powerpc64le', 's390x', 'riscv64'].map(
    (architecture) => `/lib/ld-musl-${architecture}.so.1`,
  ),
];

export class Loaders {
  readonly #image: RunningImage;
  readonly #known = new Map<ByteString, Loader | undefined>();

  constructor(image: RunningImage) {
    this.#image = image;
  }

  /** What keeps a file from being loaded: a program by its own loader, a library by the image's. */
  obstaclesOf(found: Found, elf: ElfFact): Obstacle[] {
    if (elf.interpreter === undefined && elf.needed.length === 0) return [];
    const name = elf.interpreter ?? this.#usualFor(elf);
    if (name === undefined) return [];
    const file = this.#image.file(name);
    if (file === undefined) return [{ kind: 'loader', name, how: 'absent' }];
    const loaderElf = this.#image.elf(file);
    if (loaderElf === 'pending') return [];
    if (loaderElf === undefined || !isExecutable(file) || !sameKind(elf, loaderElf)) {
      return [{ kind: 'loader', name, how: 'unfit' }];
    }
    const loader = this.#loader(name, file, loaderElf);
    return loader?.obstaclesOf(found, elf) ?? [{ kind: 'loader', name, how: 'other' }];
  }

  #loader(name: ByteString, file: Found, elf: ElfFact): Loader | undefined {
    if (!this.#known.has(name)) this.#known.set(name, loaderOf(this.#image, name, file, elf));
    return this.#known.get(name);
  }

  #usualFor(library: ElfFact): ByteString | undefined {
    // An image may have both, Alpine with gcompat for one.
    const isMusl = library.needed.some((name) => /^libc\.(?:musl-|so$)/.test(name));
    const places = isMusl ? USUAL_PLACES.toReversed() : USUAL_PLACES;
    return places.find((name) => {
      const file = this.#image.file(name);
      const elf = file === undefined ? undefined : this.#image.elf(file);
      return elf !== undefined && elf !== 'pending' && sameKind(elf, library);
    });
  }
}

/** By the loader's own name; it may be reached through the name of another (Alpine's gcompat). */
function loaderOf(
  image: RunningImage,
  name: ByteString,
  file: Found,
  elf: ElfFact,
): Loader | undefined {
  const baseName = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (/^ld-musl-|^libc\.(?:so$|musl-)/.test(baseName) || elf.soname?.startsWith('libc.') === true) {
    return new MuslLoader(image, elf, name);
  }
  // ld-linux-x86-64.so.2, ld64.so.1, ld.so.1; uClibc's has no rules that are known here.
  const isGlibc = /^ld(?:-linux[^/]*|64|)\.so\.\d$/.test(elf.soname ?? '');
  return isGlibc ? new GlibcLoader(image, file, elf) : undefined;
}
