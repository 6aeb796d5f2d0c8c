/**
 * Where glibc looks for libraries: the folders compiled into its loader, and dynamic string tokens.
 * Sources: ld.so(8); glibc elf/dl-load.c, elf/dl-hwcaps.c, Makeconfig.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact } from '../../domain/file-fact.ts';

/** `system_dirs` of the loader: its folders, each with a slash and a NUL at the end. */
const SYSTEM_DIRS = /(?:\/[\x21-\x2e\x30-\x7e][\x21-\x7e]*\/\0){2,}/;

/** e_machine -> the folder of Debian's multiarch, and the platform's name. */
const MACHINES: Readonly<Record<number, { multiarch: string; platform: string }>> = {
  3: { multiarch: 'i386-linux-gnu', platform: 'i686' },
  21: { multiarch: 'powerpc64le-linux-gnu', platform: 'power8' },
  22: { multiarch: 's390x-linux-gnu', platform: 'z10' },
  40: { multiarch: 'arm-linux-gnueabihf', platform: 'v7l' },
  62: { multiarch: 'x86_64-linux-gnu', platform: 'x86_64' },
  183: { multiarch: 'aarch64-linux-gnu', platform: 'aarch64' },
  243: { multiarch: 'riscv64-linux-gnu', platform: 'riscv64' },
};

/** Subfolders that are tried where the processor has what they ask for. */
const HWCAPS: Readonly<Record<number, readonly string[]>> = {
  21: ['power10', 'power9'],
  22: ['z16', 'z15', 'z14', 'z13'],
  62: ['x86-64-v4', 'x86-64-v3', 'x86-64-v2'],
};

/**
 * The folders compiled into a loader, read from its bytes, since every distribution builds its own
 * in. Where they are not found there, all that are usual.
 */
export function systemFolders(loader: ByteString, { bits, machine }: ElfFact): ByteString[] {
  const compiled = SYSTEM_DIRS.exec(loader)?.[0];
  if (compiled !== undefined) {
    return compiled
      .split('\0')
      .filter((folder) => folder !== '')
      .map(withoutSlash);
  }
  const multiarch = MACHINES[machine]?.multiarch;
  const folders = multiarch === undefined ? [] : [`/lib/${multiarch}`, `/usr/lib/${multiarch}`];
  if (bits === 64) folders.push('/lib64', '/usr/lib64');
  return [...folders, '/lib', '/usr/lib'];
}

/** A path with $ORIGIN, $LIB and $PLATFORM filled in. */
export function expanded(
  path: ByteString,
  origin: ByteString,
  system: readonly ByteString[],
  { machine }: ElfFact,
): ByteString {
  if (!path.includes('$')) return path;
  const values: Readonly<Record<string, string>> = {
    ORIGIN: origin,
    LIB: (system[0] ?? '/lib').replace(/^\/(?:usr\/)?/, ''),
    PLATFORM: MACHINES[machine]?.platform ?? '',
  };
  return path.replace(
    /\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))/g,
    (_, inBraces?: string, plain?: string) => values[inBraces ?? plain ?? ''] ?? '',
  );
}

/** A folder and those below it for certain processors, which a library may be in as well. */
export function withHwcaps(folder: ByteString, { machine }: ElfFact): ByteString[] {
  const names = HWCAPS[machine] ?? [];
  return [folder, ...names.map((name) => `${folder}/glibc-hwcaps/${name}`)];
}

function withoutSlash(folder: ByteString): ByteString {
  return folder.slice(0, -1);
}
