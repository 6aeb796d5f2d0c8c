import path from 'node:path';
import type { ByteString } from '../../domain/byte-string.ts';
import type { Assembly, AssemblyEntry } from '../../domain/overlay/assembly.ts';
import type { BundleManifest } from '../../domain/overlay/bundle.ts';
import { bundleManifestText } from '../../domain/overlay/bundle-text.ts';
import { MANIFEST, MAX_MANIFEST } from '../../domain/overlay/read-bundle-manifest.ts';
import type { Progress } from '../../domain/progress.ts';
import { RebaseError } from '../../errors.ts';
import { statOf } from '../../store/read-file.ts';
import type { Disk } from '../disk.ts';
import { notWritable, refuseOutput } from './refuse-output.ts';
import { requireGnuTar } from './require-gnu-tar.ts';
import { tarFiles } from './tar-files.ts';
import { END_OF_ARCHIVE, fileMember, whiteoutMember } from './tar-member-bytes.ts';

export interface WriteBundleRequest {
  readonly disk: Disk;
  /** Where the bundle goes; a bundle of that name is replaced, anything else is not. */
  readonly file: string;
  readonly manifest: BundleManifest;
  /** What the manifest says is carried, and where it lies. */
  readonly assembly: Assembly;
  /** Ends the packing; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Told of `pack <file>` with the bytes of files that are packed. */
  readonly progress?: Progress | undefined;
}

/**
 * Writes a bundle, mode 0600: under another name beside it, durable, then renamed. The same manifest
 * and files give the same bytes, with the same versions of tar and gzip. On failure nothing is left.
 * Throws USAGE when the file cannot be made or is something else, NO_SPACE, TOOL_MISSING,
 * STORE_CHANGED when a layer changed meanwhile.
 * @returns the size of the file
 */
export async function writeBundle(request: WriteBundleRequest): Promise<number> {
  const { disk, file, signal } = request;
  requireGnuTar();
  refuseOutput(file);
  const folder = path.dirname(path.resolve(file));
  const partial = path.join(folder, `.${path.basename(file)}.${process.pid}.partial`);
  try {
    refuseUnwritable(disk, partial);
    await disk.run('sh', ['-c', PACK, 'sh', partial], {
      input: inLargePieces(archiveOf(request)),
      // gzip would take options from it.
      env: { GZIP: '' },
      signal,
    });
    disk.sync(partial);
    const size = statOf(partial)?.size ?? 0;
    disk.rename(partial, file);
    disk.sync(folder);
    return size;
  } catch (error) {
    disk.removeFile(partial);
    throw withRoomHint(error, folder);
  }
}

/** Makes the file itself: in a folder that others write to, what has its name by then is not ours. */
const PACK = 'umask 077; set -C; exec gzip -n -6 > "$1"';

function refuseUnwritable(disk: Disk, partial: string): void {
  try {
    // Left by an earlier process of this number.
    disk.removeFile(partial);
    disk.writeFile(partial, '', 0o600);
    disk.removeFile(partial);
  } catch (cause) {
    throw notWritable(cause);
  }
}

function withRoomHint(error: unknown, folder: string): unknown {
  if (!(error instanceof RebaseError) || error.code !== 'NO_SPACE') return error;
  return new RebaseError('NO_SPACE', `no room is left for the bundle in ${folder}`, {
    hint: '--out FILE on a larger file system',
    cause: error,
  });
}

/**
 * The manifest; all directories in the order of their paths, so that none comes before the one that
 * it is in; deletions; the files, source by source, so that links between two layers, which a clone
 * may have, do not become links of the bundle.
 */
async function* archiveOf(request: WriteBundleRequest): AsyncGenerator<Buffer, void> {
  const { file, manifest, assembly, progress } = request;
  const text = Buffer.from(bundleManifestText(manifest));
  if (text.length > MAX_MANIFEST) {
    throw new RebaseError('USAGE', 'the new base has too many files for a bundle');
  }
  const total = manifest.entries.reduce((sum, each) => sum + (each.sha256 ? each.size : 0), 0);
  let done = 0;
  const onContent = (bytes: number): void => {
    done += bytes;
    progress?.(`pack ${file}`, { done, total, unit: 'bytes' });
  };
  yield fileMember(MANIFEST, text);
  const directories = sorted(assembly.directories);
  // dockerd makes a layer's root itself, so its time is that of the pull; no container ever shows it.
  yield* tarFiles(assembly, directories.slice(0, 1), { args: ['--mtime=@0'] });
  yield* tarFiles(assembly, directories.slice(1));
  for (const whiteout of manifest.whiteouts) yield whiteoutMember(`diff/${whiteout}`);
  for (const at of assembly.sources.keys()) {
    const files = assembly.files.filter(({ source }) => source === at);
    yield* tarFiles(assembly, sorted(files), { onContent });
  }
  yield END_OF_ARCHIVE;
}

function sorted(entries: readonly AssemblyEntry[]): AssemblyEntry[] {
  return [...entries].sort((a, b) => compare(a.path, b.path));
}

function compare(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bytes that are worth a system call. */
const PIECE = 2 ** 18;

async function* inLargePieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size < PIECE) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  yield Buffer.concat(held);
}
