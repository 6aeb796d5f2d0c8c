import type { ByteString } from '../../domain/byte-string.ts';
import type { AssemblyEntry } from '../../domain/overlay/assembly.ts';
import { COPY_LISTED, namesAsInput } from '../copy-listed.ts';
import type { AssembleRequest } from './assemble-request.ts';

/**
 * Copies files, and directories for themselves only, from a source's folder to the target. Overlay
 * marks are left out: the assembly says what is hidden. Throws APPLY_FAILED, NO_SPACE.
 */
export async function copyUnmarked(
  { disk, target, signal }: AssembleRequest,
  folder: string,
  entries: readonly AssemblyEntry[],
): Promise<void> {
  const input = placesAsInput(entries.map(({ path }) => path));
  await disk.run('sh', ['-c', COPY_UNMARKED, 'sh', target], { cwd: folder, input, signal });
}

const COPY_UNMARKED = `${COPY_LISTED}
copy_listed "$1" --xattrs-exclude='trusted.overlay.*' --xattrs-exclude='user.overlay.*'
`;

/** Paths as programs read them: none is an option, none is empty. */
export function placesAsInput(paths: readonly ByteString[]): Uint8Array {
  return namesAsInput(paths.map((path) => (path === '' ? '.' : `./${path}`)));
}
