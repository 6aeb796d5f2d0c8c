/**
 * What a check may ask of a file's content, and what it is told. The checks are pure: they name the
 * files (`FileRequest`), the api reads them from the store, and they judge when all is there.
 */
import type { ByteString } from './byte-string.ts';
import type { ChainID } from './digest.ts';

/** One file of one layer: the layer as the store has it, and the path inside it. */
export interface FileRequest {
  readonly chainId: ChainID;
  readonly path: ByteString;
  /**
   * `text`: the whole file (up to the reader's limit) as a byte string. `head`: its first 4 KiB.
   * `elf`: what the dynamic loader needs. `rpm`: the packages of an rpm database.
   */
  readonly want: 'text' | 'head' | 'elf' | 'rpm';
}

/** What two requests for the same have in common, and no others. */
export function requestKey({ chainId, want, path }: FileRequest): string {
  return `${chainId} ${want} ${path}`;
}

/** Facts by request; a request that is not in it has not been read yet. */
export interface FileFacts {
  /** Undefined: not read yet. `unreadable`: read, and it is not there, too large or no such thing. */
  get(request: FileRequest): FileFact | undefined;
}

export type FileFact =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'bytes'; readonly bytes: ByteString }
  | { readonly kind: 'elf'; readonly elf: ElfFact }
  | { readonly kind: 'packages'; readonly packages: readonly PackageFact[] };

/** What of an ELF file decides whether it starts. Sources: gABI (System V ABI), glibc ld.so(8). */
export interface ElfFact {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** e_machine. */
  readonly machine: number;
  /** e_type: 2 = EXEC, 3 = DYN. */
  readonly type: number;
  /** PT_INTERP: the loader's path; undefined for libraries and static programs. */
  readonly interpreter: ByteString | undefined;
  /** Whether there is a dynamic section at all. */
  readonly dynamic: boolean;
  readonly soname: ByteString | undefined;
  /** DT_NEEDED, in order. */
  readonly needed: readonly ByteString[];
  /** DT_RPATH and DT_RUNPATH as they stand, colon lists. */
  readonly rpath: ByteString | undefined;
  readonly runpath: ByteString | undefined;
  /** DF_1_NODEFLIB. */
  readonly noDefaultLib: boolean;
  /** .gnu.version_r: versions needed, by file name. `weak`: VER_FLG_WEAK. */
  readonly versionsNeeded: readonly {
    readonly file: ByteString;
    readonly version: ByteString;
    readonly weak: boolean;
  }[];
  /** .gnu.version_d: versions that a library defines. */
  readonly versionsDefined: readonly ByteString[];
}

/** An installed package of an rpm database. */
export interface PackageFact {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}
