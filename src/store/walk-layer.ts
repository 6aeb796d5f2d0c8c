/**
 * What a layer holds, read from its overlay2 directory: for layers without a readable tar-split.
 * Source: store.md 1.8 (diff/); kernel Documentation/filesystems/overlayfs.rst (whiteouts).
 */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { bytesOfText, type ByteString } from '../domain/byte-string.ts';
import type { EntryType, LayerIndex } from '../domain/layer-index.ts';
import { RebaseError } from '../errors.ts';
import { dependentMarksOf, type PathMark } from './dependent-marks.ts';
import { diffDirectory } from './diff-directory.ts';
import { LayerListing, type Attributes } from './layer-listing.ts';
import { remappedRoot } from './layer-owner.ts';
import type { Layout } from './layout.ts';
import { isMarkable, isOpaque, overlayXattrsOf } from './overlay-xattrs.ts';
import { errnoOf, statOf } from './read-file.ts';

/** A folder as it was walked. */
export interface WalkedFolder extends LayerIndex {
  /** Marks that make a path show what the folders below have, like `redirect`. */
  readonly dependentMarks: readonly PathMark[];
}

/**
 * Walks overlay2/<cache-id>/diff without following a symlink. Sockets are left out, as dockerd
 * leaves them out of the layer's tar. Throws STORE_DAMAGED.
 */
export function walkLayer(layout: Layout, cacheId: string): LayerIndex {
  return walkFolder(diffDirectory(layout, cacheId), remappedRoot(layout));
}

/**
 * The same of any folder in OverlayFS form. `owner` is who owns what belongs to root in containers.
 * Throws STORE_DAMAGED.
 */
export function walkFolder(folder: string, owner: Walk['owner']): WalkedFolder {
  // Never a symlink to one.
  if (!statOf(folder)?.isDirectory()) throw notReadable(folder, 'no directory');
  const listing = new LayerListing();
  const markable: ByteString[] = [];
  try {
    walk({ listing, folder: bytesOfText(folder), owner, markable }, '');
  } catch (error) {
    const why = errnoOf(error);
    if (why === undefined) throw error;
    throw notReadable(folder, why, error);
  }
  const dependentMarks: PathMark[] = [];
  for (const { path: place, xattrs } of overlayXattrsOf(folder, markable)) {
    const path = place.replace(/^\.\/?/, '');
    if (isOpaque(xattrs)) listing.addOpaque(path);
    dependentMarks.push(...dependentMarksOf(path, xattrs));
  }
  return { ...listing.index('directory'), dependentMarks };
}

function notReadable(folder: string, why: string, cause?: unknown): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${folder} cannot be read (${why})`, { cause });
}

interface Walk {
  readonly listing: LayerListing;
  /** The bytes of its path. */
  readonly folder: ByteString;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Gets what may have overlay marks. */
  readonly markable: ByteString[];
}

function walk(each: Walk, at: ByteString): void {
  const file = Buffer.from(at === '' ? each.folder : `${each.folder}/${at}`, 'latin1');
  const stats = lstatSync(file);
  const type = typeOf(stats);
  if (type === undefined) return;
  each.listing.add(at, attributesOf(type, stats, file, each.owner), identityOf(stats, file));
  if (isMarkable(stats)) each.markable.push(`./${at}`);
  if (type !== 'directory') return;
  for (const name of readdirSync(file, 'latin1')) walk(each, at === '' ? name : `${at}/${name}`);
}

function typeOf(stats: Stats): EntryType | 'whiteout' | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isCharacterDevice()) return stats.rdev === 0 ? 'whiteout' : 'char';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : undefined;
}

function attributesOf(
  type: Attributes['type'],
  stats: Stats,
  file: Buffer,
  owner: Walk['owner'],
): Attributes {
  return {
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid - owner.uid,
    gid: stats.gid - owner.gid,
    size: type === 'file' ? stats.size : 0,
    crc: undefined,
    target: type === 'symlink' ? readlinkSync(file, 'latin1') : undefined,
    device: type === 'char' || type === 'block' ? deviceOf(stats.rdev) : undefined,
  };
}

/** The same text for all names of one file; undefined when it has one name only. */
function identityOf(stats: Stats, file: Buffer): string | undefined {
  if (stats.isDirectory() || stats.nlink < 2) return undefined;
  // Inode numbers may be larger than a double can tell apart.
  const isExact = Number.isSafeInteger(stats.ino);
  const { dev, ino } = isExact ? stats : lstatSync(file, { bigint: true });
  return `${dev}:${ino}`;
}

/** `major:minor` of a device number, as glibc's gnu_dev_major and gnu_dev_minor split it. */
function deviceOf(rdev: number): string {
  const number = BigInt(rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
