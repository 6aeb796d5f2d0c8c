/**
 * Where images have their C library and its loader. The paths of the loaders are fixed: they stand
 * in every dynamic program. Sources: glibc's abilist and sysdeps (ABI names), Debian multiarch
 * tuples, musl's dynamic linker names (musl INSTALL, `LDSO_PATHNAME`).
 */
import type { ByteString } from '../domain/byte-string.ts';
import { lookup, type Found, type MergedTree } from '../domain/merged-tree.ts';

export type Libc = 'glibc' | 'musl';

/** One ABI of glibc: its loader, and where its libc.so.6 may be. */
export interface GlibcAbi {
  readonly loader: ByteString;
  readonly libraries: readonly ByteString[];
}

export const GLIBC_ABIS: readonly GlibcAbi[] = [
  abi('lib64/ld-linux-x86-64.so.2', ['x86_64-linux-gnu'], ['lib64', 'lib']),
  abi('lib/ld-linux-aarch64.so.1', ['aarch64-linux-gnu'], ['lib64', 'lib']),
  abi('lib/ld-linux-armhf.so.3', ['arm-linux-gnueabihf'], ['lib']),
  abi('lib/ld-linux.so.3', ['arm-linux-gnueabi'], ['lib']),
  abi('lib/ld-linux.so.2', ['i386-linux-gnu'], ['lib32', 'lib']),
  abi('lib64/ld64.so.2', ['powerpc64le-linux-gnu'], ['lib64', 'lib']),
  abi('lib/ld64.so.1', ['s390x-linux-gnu'], ['lib64', 'lib']),
  abi('lib/ld-linux-riscv64-lp64d.so.1', ['riscv64-linux-gnu'], ['lib64', 'lib']),
  abi('lib64/ld-linux-loongarch-lp64d.so.1', ['loongarch64-linux-gnu'], ['lib64', 'lib']),
];

const MUSL_LOADER = /^ld-musl-[^/]+\.so\.1$/;

/** The loaders in a tree, by the path that programs name them by, and where each leads. */
export function loadersIn(tree: MergedTree): { libc: Libc; loader: ByteString; found: Found }[] {
  const glibc = GLIBC_ABIS.map(({ loader }) => ({ libc: 'glibc' as const, loader }));
  const names = [...(lookup(tree, 'lib')?.node.children.keys() ?? [])];
  const musl = names
    .filter((name) => MUSL_LOADER.test(name))
    .map((name) => ({ libc: 'musl' as const, loader: `lib/${name}` }));
  return [...glibc, ...musl].flatMap((each) => {
    const found = lookup(tree, each.loader);
    return found?.node.entry.type === 'file' ? [{ ...each, found }] : [];
  });
}

/** The libc.so.6 of an ABI in a tree: the first of the usual places that has one. */
export function glibcIn(tree: MergedTree, { libraries }: GlibcAbi): Found | undefined {
  for (const path of libraries) {
    const found = lookup(tree, path);
    if (found?.node.entry.type === 'file') return found;
  }
  return undefined;
}

function abi(loader: ByteString, tuples: string[], folders: string[]): GlibcAbi {
  const folder = [...tuples.map((tuple) => `lib/${tuple}`), ...folders];
  const places = [...folder, ...folder.map((each) => `usr/${each}`)];
  return { loader, libraries: places.map((place) => `${place}/libc.so.6`) };
}
