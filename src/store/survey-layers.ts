import type { ByteString } from '../domain/byte-string.ts';
import { findBelow, FOLDERS_PER_FIND } from './find-below.ts';
import type { Layout } from './layout.ts';
import { holdsNoData } from './overlay-xattrs.ts';

/**
 * From this size on, sharing a file by hard link is worth its visible link count of 2, which some
 * programs refuse (store.md 4.2).
 */
export const LARGE_FILE = 64 * 1024;

/** What the files of one layer's diff/ take. Bytes are disk bytes; a hard-linked file counts once. */
export interface LayerSize {
  readonly directories: number;
  /** Everything that is no directory, each inode once. */
  readonly files: number;
  readonly fileBytes: number;
  /** Of these, regular files of at least `LARGE_FILE` bytes. */
  readonly largeFiles: number;
  readonly largeBytes: number;
}

/** What one look at diff/ of a layer tells, without a byte of its files. */
export interface LayerSurvey {
  readonly size: LayerSize;
  /** Every directory, diff/ itself too, relative to overlay2. */
  readonly directories: readonly ByteString[];
  /** Files that may have overlay marks, relative to overlay2. */
  readonly hollow: readonly ByteString[];
  /** The large files, each with all of its names below diff/. */
  readonly large: readonly (readonly ByteString[])[];
  /** Names below diff/ of devices, whiteouts, FIFOs and sockets. */
  readonly special: readonly ByteString[];
}

const FORMAT = '%y %s %b %n %i %p\\0';
const FIELDS = /^(.) (\d+) (\d+) (\d+) (\d+) (.*)$/s;
/** find(1), %b. */
const BLOCK = 512;

/**
 * Surveys diff/ of these layer directories with `find`, by cache-id.
 * Throws TOOL_MISSING without GNU find, STORE_DAMAGED when it cannot read a directory.
 */
export function surveyLayers(
  layout: Layout,
  cacheIds: readonly string[],
): Map<string, LayerSurvey> {
  const surveys = new Map(cacheIds.map((id) => [id, new Surveyor()] as const));
  for (let at = 0; at < cacheIds.length; at += FOLDERS_PER_FIND) {
    const roots = cacheIds.slice(at, at + FOLDERS_PER_FIND).map((id) => `${id}/diff`);
    for (const line of findBelow(layout.overlay, roots, ['-printf', FORMAT]).split('\0')) {
      const [, type = '', size, blocks, links, inode = '', path = ''] = FIELDS.exec(line) ?? [];
      surveys.get(path.slice(0, path.indexOf('/')))?.add({
        type,
        size: Number(size),
        blocks: Number(blocks),
        inode: links === '1' ? undefined : inode,
        path,
      });
    }
  }
  return surveys;
}

interface Entry {
  /** As find(1) has it in %y. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  readonly blocks: number;
  /** Of what has several names, here or elsewhere. */
  readonly inode: string | undefined;
  readonly path: ByteString;
}

class Surveyor implements LayerSurvey {
  readonly size = { directories: 0, files: 0, fileBytes: 0, largeFiles: 0, largeBytes: 0 };
  readonly directories: ByteString[] = [];
  readonly hollow: ByteString[] = [];
  readonly large: ByteString[][] = [];
  readonly special: ByteString[] = [];
  /** The inodes with several names that were seen; of a large file, the names. */
  readonly #seen = new Map<string, ByteString[]>();

  add(entry: Entry): void {
    const { type, size, blocks, path } = entry;
    if (type === 'd') {
      this.size.directories += 1;
      this.directories.push(ofItsOwn(path));
      return;
    }
    if (type !== 'f' && type !== 'l') this.special.push(belowDiff(path));
    if (type === 'f' && holdsNoData(blocks, size)) this.hollow.push(ofItsOwn(path));
    const isLarge = type === 'f' && size >= LARGE_FILE;
    const names = isLarge ? [belowDiff(path)] : [];
    if (this.#countedBefore(entry, names)) return;
    this.size.files += 1;
    this.size.fileBytes += blocks * BLOCK;
    if (!isLarge) return;
    this.size.largeFiles += 1;
    this.size.largeBytes += blocks * BLOCK;
    this.large.push(names);
  }

  #countedBefore({ inode }: Entry, names: ByteString[]): boolean {
    if (inode === undefined) return false;
    const others = this.#seen.get(inode);
    if (others === undefined) this.#seen.set(inode, names);
    else others.push(...names);
    return others !== undefined;
  }
}

function belowDiff(path: ByteString): ByteString {
  return ofItsOwn(path.split('/').slice(2).join('/'));
}

/** A part of what find has listed would keep all of it in memory. */
function ofItsOwn(part: ByteString): ByteString {
  return Buffer.from(part, 'latin1').toString('latin1');
}
