/**
 * Opens what `overlay pack` wrote, and believes none of it: every byte is read and proved before
 * anybody acts on any. See `domain/overlay/bundle.ts` for the format.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { BundleEntry, BundleManifest } from '../../domain/overlay/bundle.ts';
import {
  MANIFEST,
  MAX_MANIFEST,
  readBundleManifest,
} from '../../domain/overlay/read-bundle-manifest.ts';
import type { LayerEntry, LayerIndex } from '../../domain/layer-index.ts';
import type { Progress } from '../../domain/progress.ts';
import { RebaseError } from '../../errors.ts';
import { BLOCK } from '../tar-header.ts';
import type { TarMember } from '../tar-members.ts';
import { archiveMembers, type ArchiveMember } from './archive-members.ts';
import { BundleMembers } from './bundle-members.ts';
import { gunzipFile } from './gunzip-file.ts';

/** A bundle that was proved whole; the file stays open, so that this one is what is unpacked. */
export interface OpenBundle {
  /** As the user named it. */
  readonly file: string;
  readonly manifest: BundleManifest;
  /** What it lays on the old base's whole stack, as one layer: what is carried, and whiteouts. */
  readonly index: LayerIndex;
  /** How many files (no directories) it carries, and their bytes, each hard-linked one once. */
  readonly files: number;
  readonly bytes: number;
  /**
   * A tar of `diff/` and what is below it. Throws BAD_BUNDLE at its end when the file has changed
   * since it was proved.
   */
  readonly archive: () => AsyncIterable<Uint8Array>;
  /** To be called when nobody unpacks it any more; twice is fine. */
  readonly close: () => void;
}

export interface OpenBundleOptions {
  /** Ends the reading; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Told of `verify <file>` with the bytes of the file that were read. */
  readonly progress?: Progress | undefined;
}

/**
 * Opens a bundle and verifies all of it: gzip and its checksum to the last byte, the tar's structure,
 * the manifest, and that archive and manifest say the same of every name, contents by their sha256.
 * Memory does not grow with the contents. Throws BAD_BUNDLE, naming what is wrong; USAGE when the
 * file cannot be read.
 */
export async function openBundle(
  file: string,
  options: OpenBundleOptions = {},
): Promise<OpenBundle> {
  const fd = openFile(file);
  try {
    return await verify(file, fd, options);
  } catch (error) {
    closeSync(fd);
    throw error instanceof RebaseError && error.code === 'STORE_DAMAGED' ? bad(file, error) : error;
  }
}

/** A regular file, since it is read twice. */
function openFile(file: string): number {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(fd).isFile()) return fd;
    throw new Error(`${file} is no regular file`);
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    throw new RebaseError('USAGE', `the bundle cannot be read: ${(cause as Error).message}`, {
      hint: 'name a file that rebase-image overlay pack has written',
      cause,
    });
  }
}

async function verify(
  file: string,
  fd: number,
  { signal, progress }: OpenBundleOptions,
): Promise<OpenBundle> {
  const { size } = fstatSync(fd);
  const what = `verify ${file}`;
  let digest = '';
  const archive = gunzipFile(fd, size, {
    signal,
    onRead: (done) => progress?.(what, { done, total: size, unit: 'bytes' }),
    onDigest: (hex) => (digest = hex),
  });
  const { manifest, begin } = await verifyArchive(archiveMembers(archive));
  const carried = manifest.entries.filter((entry) => entry.carried);
  const files = carried.filter(({ type }) => type !== 'directory');
  const ownContents = files.filter(({ hardLinkOf }) => hardLinkOf === undefined);
  let isOpen = true;
  return {
    file,
    manifest,
    index: {
      entries: carried.map(layerEntryOf),
      whiteouts: new Set(manifest.whiteouts),
      opaque: new Set(),
      source: 'directory',
    },
    files: files.length,
    bytes: ownContents.reduce((sum, each) => sum + each.size, 0),
    archive: () => unchangedArchive(file, fd, { size, digest, begin }),
    close: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** Reads to the end. `begin`: where in the unpacked archive the manifest is over. */
async function verifyArchive(
  members: AsyncIterable<ArchiveMember>,
): Promise<{ manifest: BundleManifest; begin: number }> {
  let opened: { manifest: BundleManifest; begin: number; expected: BundleMembers } | undefined;
  for await (const { member, begin, content } of members) {
    if (opened === undefined) {
      const manifest = await readManifest(member, content());
      const end = begin + Math.ceil(member.size / BLOCK) * BLOCK;
      opened = { manifest, begin: end, expected: new BundleMembers(manifest) };
      continue;
    }
    const entry = opened.expected.take(member);
    if (entry?.sha256 === undefined) continue;
    const hash = createHash('sha256');
    for await (const bytes of content()) hash.update(bytes);
    if (hash.digest('hex') !== entry.sha256) {
      throw new RebaseError(
        'STORE_DAMAGED',
        'it has a file that is not the one it was packed with',
      );
    }
  }
  if (opened === undefined) throw new RebaseError('STORE_DAMAGED', 'it is empty');
  opened.expected.end();
  return opened;
}

async function readManifest(
  { name, type, size }: TarMember,
  content: AsyncIterable<Buffer>,
): Promise<BundleManifest> {
  const problem = (why: string): RebaseError => new RebaseError('STORE_DAMAGED', why);
  if (name !== MANIFEST || type !== '0') throw problem(`it does not begin with ${MANIFEST}`);
  if (size > MAX_MANIFEST) throw problem(`its ${MANIFEST} is too large`);
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  try {
    return readBundleManifest(
      new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)),
    );
  } catch (cause) {
    if (cause instanceof TypeError) throw problem(`its ${MANIFEST} is no text`);
    if (cause instanceof SyntaxError) throw problem(`in its ${MANIFEST}, ${cause.message}`);
    throw cause;
  }
}

/** The archive without its manifest, while the file is the one that was verified. */
async function* unchangedArchive(
  file: string,
  fd: number,
  verified: { readonly size: number; readonly digest: string; readonly begin: number },
): AsyncGenerator<Buffer, void> {
  let digest = '';
  let skip = verified.begin;
  try {
    for await (const chunk of gunzipFile(fd, verified.size, {
      onDigest: (hex) => (digest = hex),
    })) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  } catch (error) {
    throw error instanceof RebaseError && error.code === 'STORE_DAMAGED' ? bad(file, error) : error;
  }
  if (digest !== verified.digest) {
    throw bad(file, new RebaseError('STORE_DAMAGED', 'it was changed since it was verified'));
  }
}

function layerEntryOf(entry: BundleEntry): LayerEntry {
  const { path, type, mode, uid, gid, size, target, hardLinkOf, device } = entry;
  return { path, type, mode, uid, gid, size, crc: undefined, target, hardLinkOf, device };
}

function bad(file: string, cause: RebaseError): RebaseError {
  return new RebaseError('BAD_BUNDLE', `${file} is no bundle that can be used: ${cause.message}`, {
    hint: 'copy it again and compare its checksum, or pack it again: rebase-image overlay pack',
    cause,
  });
}
