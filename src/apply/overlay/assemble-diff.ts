/**
 * Puts a layer's folder together from the files of others. Directories are made first, plain: from
 * then on no path of the target leads through a symlink. What they look like is set last, when
 * nothing is made in them any more. Programs are started a few times for each source, never for
 * each file.
 */
import type { CloneMode } from '../../domain/report.ts';
import { canReflink } from '../can-reflink.ts';
import type { AssembleRequest } from './assemble-request.ts';
import { copyUnmarked, placesAsInput } from './copy-unmarked.ts';
import { makeWhiteouts } from './make-whiteouts.ts';
import { placeFiles } from './place-files.ts';
import { verifyDiff } from './verify-diff.ts';

/**
 * Makes the target and all that the assembly says, without overlay marks. Nothing is durable yet.
 * Throws APPLY_FAILED also when the result is not what it should be, and NO_SPACE.
 */
export async function assembleDiff(request: AssembleRequest): Promise<void> {
  const { disk, assembly, target, owner } = request;
  const { files, whiteouts } = assembly;
  // Until its own mode is set, nobody reaches a setuid file in it.
  disk.makeDirectory(target, 0o700);
  const mode = wayOf(request);
  await makeDirectories(request);
  const total = files.length + whiteouts.length;
  let done = 0;
  const advance = (count: number): void => {
    done += count;
    request.advance?.({ done, total, unit: 'files' });
  };
  await placeFiles({ ...request, mode }, advance);
  await makeWhiteouts(request, advance);
  await dressDirectories(request);
  verifyDiff(target, assembly, owner);
}

/** `auto` is for a file system that cannot share blocks. */
function wayOf({ disk, target, mode }: AssembleRequest): CloneMode {
  return mode === 'auto' && canReflink(disk, target) ? 'reflink' : mode;
}

async function makeDirectories(request: AssembleRequest): Promise<void> {
  const { disk, assembly, target, signal } = request;
  const [, ...belowRoot] = assembly.directories;
  const input = placesAsInput(belowRoot.map(({ path }) => path));
  await disk.run('xargs', ['-0', '-r', 'mkdir', '-m', '700', '--'], { cwd: target, input, signal });
}

/** Gives directories the attributes of those that they are made after. */
async function dressDirectories(request: AssembleRequest): Promise<void> {
  const { sources, directories } = request.assembly;
  for (const [number, { folder }] of sources.entries()) {
    const own = directories.filter(({ source }) => source === number);
    if (own.length > 0) await copyUnmarked(request, folder, own);
  }
}
