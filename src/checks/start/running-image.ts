/**
 * An image as a process in its container sees it: the merged tree, the config, and the contents as
 * far as they have been read.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { ElfFact, FileFact, FileFacts, FileRequest } from '../../domain/file-fact.ts';
import { lookup, type Found, type MergedTree } from '../../domain/merged-tree.ts';
import type { Whole } from '../content-facts.ts';
import { runConfigOf, type RunConfig } from './run-config.ts';

const NO_CONTENT: FileFact = { kind: 'unreadable', reason: 'it is no file of a layer' };

/** Every check looks at each image twice or more: what is to be read, and what it says. */
const READ = new WeakMap<Whole, RunConfig>();

function configOf(whole: Whole): RunConfig {
  const config = READ.get(whole) ?? runConfigOf(whole.configText);
  READ.set(whole, config);
  return config;
}

export class RunningImage {
  readonly tree: MergedTree;
  readonly config: RunConfig;
  readonly #files: FileFacts;
  readonly #unread: FileRequest[];

  /** What is asked for and has not been read yet is added to `unread`. */
  constructor(whole: Whole, files: FileFacts, unread: FileRequest[]) {
    this.tree = whole.tree;
    this.config = configOf(whole);
    this.#files = files;
    this.#unread = unread;
  }

  /** The regular file that a path leads to; relative ones start at the working directory. */
  file(path: ByteString): Found | undefined {
    const found = lookup(this.tree, path, this.config.workingDir);
    return found?.node.entry.type === 'file' ? found : undefined;
  }

  /** Whether a path leads to anything. */
  exists(path: ByteString): boolean {
    return lookup(this.tree, path, this.config.workingDir) !== undefined;
  }

  /** The regular file that a path leads to, if it may be executed. */
  executable(path: ByteString): Found | undefined {
    const found = this.file(path);
    return found !== undefined && isExecutable(found) ? found : undefined;
  }

  /** What execvp finds for the first word of a command line. */
  program(name: ByteString): Found | undefined {
    if (name === '') return undefined;
    if (name.includes('/')) return this.executable(name);
    for (const folder of this.config.path) {
      const found = this.executable(`${folder}/${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The ELF facts of a file; `pending`: not read yet; undefined: it is no sound ELF file. */
  elf(found: Found): ElfFact | 'pending' | undefined {
    const fact = this.#read(found, 'elf');
    if (fact === undefined) return 'pending';
    return fact.kind === 'elf' ? fact.elf : undefined;
  }

  /** The beginning of a file; undefined where it is not read yet or cannot be. */
  head(found: Found): ByteString | undefined {
    return bytesOf(this.#read(found, 'head'));
  }

  /** The whole of a file; undefined where it is not read yet or cannot be. */
  text(found: Found): ByteString | undefined {
    return bytesOf(this.#read(found, 'text'));
  }

  /** Whether its beginning has been asked for in vain. */
  isUnreadable(found: Found): boolean {
    return this.#read(found, 'head')?.kind === 'unreadable';
  }

  #read({ path, node }: Found, want: FileRequest['want']): FileFact | undefined {
    if (node.layer === undefined || node.entry.type !== 'file') return NO_CONTENT;
    const request: FileRequest = { chainId: node.layer.chainId, path, want };
    const fact = this.#files.get(request);
    if (fact === undefined) this.#unread.push(request);
    return fact;
  }
}

/** Whether anybody may execute it; root then may, and so may those who are meant to. */
export function isExecutable({ node }: Found): boolean {
  return (node.entry.mode & 0o111) !== 0;
}

function bytesOf(fact: FileFact | undefined): ByteString | undefined {
  return fact?.kind === 'bytes' ? fact.bytes : undefined;
}
