/**
 * Small programs in small roots, started for real: what glibc's and musl's own loaders answer, and
 * what the emulation of `src/checks/loading` says of the same files.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { RunningImage } from '../../../src/checks/start/running-image.ts';
import { Starter } from '../../../src/checks/start/starter.ts';
import type { ByteString } from '../../../src/domain/byte-string.ts';
import { asChainID, asDiffID, sha256Hex } from '../../../src/domain/digest.ts';
import { readElf } from '../../../src/domain/elf/read-elf.ts';
import type { FileFact, FileFacts } from '../../../src/domain/file-fact.ts';
import type { LayerEntry } from '../../../src/domain/layer-index.ts';
import { treeOf } from '../../../src/domain/merged-tree.ts';

export type Libc = 'glibc' | 'musl';

/** What stands at a path of a layout. */
export type Thing =
  | { readonly kind: 'program' | 'library'; readonly recipe: Recipe }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'text'; readonly text: string };

interface Recipe {
  /** DT_NEEDED, in this order. */
  readonly needs?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  readonly soname?: string;
  /** Of a library: the versions that it defines. */
  readonly versions?: readonly string[];
  /** Of a program: a version that it needs of libv.so. */
  readonly wants?: string;
  /** Of a library: it calls the C library, and so has a table of versions that it needs. */
  readonly callsLibc?: boolean;
  readonly flags?: readonly string[];
  /** Of a library: built for this e_machine, or for 32 bits. */
  readonly machine?: number;
  readonly bits?: 32;
}

export interface Layout {
  readonly libc: Libc;
  readonly files: Readonly<Record<string, Thing>>;
  /** ld.so.conf, from which ldconfig makes the cache; `format` as its option -c. */
  readonly cacheOf?: string;
  readonly format?: 'new' | 'compat';
  /** What is deleted after ldconfig has run. */
  readonly deleted?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export const program = (recipe: Recipe = {}): Thing => ({ kind: 'program', recipe });
export const library = (recipe: Recipe = {}): Thing => ({ kind: 'library', recipe });
export const link = (target: string): Thing => ({ kind: 'link', target });
export const text = (content: string): Thing => ({ kind: 'text', text: content });

/** Versions that the libv.so defines which programs are linked against. */
const ALL_VERSIONS = ['V1', 'V2'];

/** `runs`, or the first thing that is missing: `library NAME`, `version NAME`, `loader`. */
export type Answer = string;

/**
 * In a mount namespace of its own, with /proc, from which loaders know what $ORIGIN is. $0 is the
 * root, $1 the working directory; the rest are env's words.
 */
const IN_ROOT =
  'mount -t proc proc "$0/proc" && cwd=$1 && shift && ' +
  'exec unshare -R "$0" -w "$cwd" /bin/busybox env -i "$@"';

export class LoaderBench {
  readonly #folder: string;
  #roots = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the layout's root below the bench's folder. */
  build({ libc, files, cacheOf, format = 'new', deleted = [] }: Layout): string {
    this.#roots += 1;
    const root = join(this.#folder, `root-${this.#roots}`);
    const put = (path: string, from: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      copyFileSync(from, join(root, path));
    };
    put('/bin/busybox', '/bin/busybox');
    mkdirSync(join(root, 'work'));
    mkdirSync(join(root, 'proc'));
    if (libc === 'musl') put('/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-x86_64.so.1');
    else {
      put('/lib64/ld-linux-x86-64.so.2', '/lib64/ld-linux-x86-64.so.2');
      put('/lib/x86_64-linux-gnu/libc.so.6', '/lib/x86_64-linux-gnu/libc.so.6');
    }
    for (const [path, thing] of Object.entries(files)) this.#place(join(root, path), libc, thing);
    if (cacheOf !== undefined) {
      mkdirSync(join(root, 'etc'), { recursive: true });
      writeFileSync(join(root, 'etc/ld.so.conf'), cacheOf);
      execFileSync('/sbin/ldconfig', ['-X', '-c', format, '-r', root], { stdio: 'ignore' });
    }
    for (const path of deleted) rmSync(join(root, path), { recursive: true });
    return root;
  }

  /** Starts /app in the root. */
  run(root: string, { env = {}, cwd = '/' }: Layout): Answer {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const { status, stderr, error } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', IN_ROOT, root, cwd, ...variables, '/app'],
      { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
    );
    if (error !== undefined) throw error;
    if (status === 0) return 'runs';
    const missing =
      /^.*: error while loading shared libraries: ([^:]+):/m.exec(stderr) ??
      /^Error loading shared library ([^:]+):/m.exec(stderr);
    if (missing !== null) {
      // Of a file that it cannot load glibc says the path, of one that it does not find the name.
      const name = missing[1] ?? '';
      return `library ${/invalid ELF header/.test(stderr) ? basename(name) : name}`;
    }
    const version = /version `([^']+)' not found/.exec(stderr);
    if (version !== null) return `version ${version[1] ?? ''}`;
    if (/can't execute '\/app'/.test(stderr)) return 'loader';
    throw new Error(`not understood: ${stderr}`);
  }

  /** What the emulation says of /app in the root. */
  emulate(root: string, { env = {}, cwd = '/' }: Layout): Answer {
    const layer = {
      chainId: asChainID(`sha256:${sha256Hex(root)}`)!,
      diffId: asDiffID(`sha256:${sha256Hex(root)}`)!,
      index: {
        entries: entriesBelow(root, ''),
        whiteouts: new Set<string>(),
        opaque: new Set<string>(),
        source: 'directory' as const,
      },
    };
    const files: FileFacts = { get: ({ path, want }) => factOf(join(root, path), want) };
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const configText = JSON.stringify({ config: { Env: variables, WorkingDir: cwd } });
    const image = new RunningImage({ tree: treeOf([layer]), configText }, files, []);
    const obstacles = new Starter(image)
      .obstaclesOf(image.program('/app')!)
      .filter(({ kind }) => kind !== 'preload');
    const [first] = obstacles;
    if (first === undefined) return 'runs';
    if (first.kind === 'loader') return 'loader';
    return first.kind === 'version' ? `version ${first.version}` : `${first.kind} ${first.name}`;
  }

  #place(path: string, libc: Libc, thing: Thing): void {
    mkdirSync(dirname(path), { recursive: true });
    if (thing.kind === 'link') symlinkSync(thing.target, path);
    else if (thing.kind === 'text') writeFileSync(path, thing.text);
    else copyFileSync(this.#compiled(libc, thing.kind, thing.recipe), path);
  }

  /** The compiled file, made once for each recipe. */
  #compiled(libc: Libc, kind: 'program' | 'library', recipe: Recipe): string {
    const key = createHash('sha256')
      .update(JSON.stringify([libc, kind, recipe]))
      .digest('hex');
    const output = join(this.#folder, `${kind}-${key.slice(0, 16)}`);
    if (existsSync(output)) return output;
    const { needs = [], flags = [], machine, callsLibc = false } = recipe;
    const shared = ['-shared', '-fPIC', ...(callsLibc ? [] : ['-nostdlib'])];
    const source = `${output}.c`;
    writeFileSync(source, kind === 'program' ? programSource(recipe) : librarySource(recipe));
    const stubs = needs.map((name) => this.#stub(libc, name));
    execFileSync(libc === 'musl' ? 'musl-gcc' : 'gcc', [
      ...(kind === 'library' ? shared : []),
      ...(recipe.bits === 32 ? ['-m32'] : []),
      '-o',
      output,
      source,
      '-Wl,--no-as-needed,--allow-shlib-undefined',
      ...stubs,
      ...linkerFlags(recipe, `${output}.map`),
      ...flags,
    ]);
    if (machine !== undefined) {
      const bytes = readFileSync(output);
      bytes.writeUInt16LE(machine, 18);
      writeFileSync(output, bytes);
    }
    chmodSync(output, 0o755);
    return output;
  }

  /** A library to link against, so that a need of this name comes into the file. */
  #stub(libc: Libc, soname: string): string {
    const versions = soname === 'libv.so' ? { versions: ALL_VERSIONS } : {};
    return this.#compiled(libc, 'library', { soname, ...versions });
  }
}

function programSource({ wants }: Recipe): string {
  if (wants === undefined) return 'int main(void) { return 0; }\n';
  return `int in_${wants}(void);\nint main(void) { return in_${wants}(); }\n`;
}

function librarySource({ versions = [], callsLibc = false }: Recipe): string {
  const all = new Set([...versions, ...ALL_VERSIONS]);
  const functions = [...all].map((name) => `int in_${name}(void) { return 0; }\n`);
  const call = 'int getpid(void);\nint calls(void) { return getpid(); }\n';
  return functions.join('') + (callsLibc ? call : '');
}

function linkerFlags({ rpath, runpath, soname, versions }: Recipe, mapFile: string): string[] {
  const flags: string[] = [];
  if (rpath !== undefined) flags.push(`-Wl,--disable-new-dtags,-rpath,${rpath}`);
  if (runpath !== undefined) flags.push(`-Wl,--enable-new-dtags,-rpath,${runpath}`);
  if (soname !== undefined) flags.push(`-Wl,-soname,${soname}`);
  if (versions !== undefined) {
    const [first = ''] = versions;
    const others = ALL_VERSIONS.filter((name) => !versions.includes(name));
    // What has no version of its own goes into the first, so that only the version is missing.
    const nodes = versions.map((name) => {
      const names = name === first ? [name, ...others] : [name];
      return `${name} { global: ${names.map((each) => `in_${each};`).join(' ')} };\n`;
    });
    writeFileSync(mapFile, nodes.join(''));
    flags.push(`-Wl,--version-script,${mapFile}`);
  }
  return flags;
}

function entriesBelow(root: string, folder: ByteString): LayerEntry[] {
  return readdirSync(join(root, folder)).flatMap((name): LayerEntry[] => {
    const path = join(folder, name);
    const stat = lstatSync(join(root, path));
    const type = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'file';
    const entry: LayerEntry = {
      path,
      type,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      size: type === 'file' ? stat.size : 0,
      crc: undefined,
      target: type === 'symlink' ? readlinkSync(join(root, path)) : undefined,
      hardLinkOf: undefined,
      device: undefined,
    };
    return type === 'directory' ? [entry, ...entriesBelow(root, path)] : [entry];
  });
}

function factOf(path: string, want: string): FileFact {
  const bytes = readFileSync(path);
  if (want !== 'elf') {
    const seen = want === 'head' ? bytes.subarray(0, 4096) : bytes;
    return { kind: 'bytes', bytes: seen.toString('latin1') };
  }
  try {
    return {
      kind: 'elf',
      elf: readElf((offset, length) => bytes.subarray(offset, offset + length)),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'unreadable', reason: error.message };
  }
}
