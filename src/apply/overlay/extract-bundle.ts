import type { StepProgress } from '../../domain/progress.ts';
import type { OpenBundle } from '../../store/overlay/open-bundle.ts';
import type { Disk } from '../disk.ts';
import { requireGnuTar } from './require-gnu-tar.ts';
import { XATTR_OPTIONS } from './xattr-options.ts';

export interface ExtractBundleRequest {
  readonly disk: Disk;
  readonly bundle: OpenBundle;
  /** Is made, in a folder that only root can look into; becomes what `diff/` is in the bundle. */
  readonly target: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes are unpacked. */
  readonly advance?: ((done: StepProgress) => void) | undefined;
}

const EXTRACT = [
  ...['--extract', '--file=-', '--preserve-permissions', '--same-owner', '--numeric-owner'],
  ...XATTR_OPTIONS,
  // A directory gets its time and its default ACL when all that is in it is there.
  '--delay-directory-restore',
  '--transform=s,^diff,.,S',
];

/**
 * Unpacks a bundle with GNU tar; owners, modes, times, xattrs and ACLs as they were packed. What a
 * failure leaves in `target` is the caller's to remove. Throws TOOL_MISSING without GNU tar,
 * BAD_BUNDLE when the file has changed since it was opened, NO_SPACE, APPLY_FAILED.
 */
export async function extractBundle(request: ExtractBundleRequest): Promise<void> {
  const { disk, bundle, target, signal } = request;
  const proof = { whole: false };
  requireGnuTar();
  disk.makeDirectory(target, 0o700);
  await disk.run('tar', [...EXTRACT, `--directory=${target}`], {
    input: counted(request, () => (proof.whole = true)),
    // tar would take options from it.
    env: { TAR_OPTIONS: '' },
    signal,
  });
  // tar may leave off where the archive ends, before the whole file was seen to be the same.
  if (!proof.whole) await readWhole(bundle.archive());
}

async function* counted(
  { bundle, advance }: ExtractBundleRequest,
  onEnd: () => void,
): AsyncGenerator<Uint8Array, void> {
  let read = 0;
  for await (const bytes of bundle.archive()) {
    read += bytes.length;
    // Headers are no content: near the end all of it has come.
    advance?.({ done: Math.min(read, bundle.bytes), total: bundle.bytes, unit: 'bytes' });
    yield bytes;
  }
  onEnd();
}

async function readWhole(archive: AsyncIterable<Uint8Array>): Promise<void> {
  const pieces = archive[Symbol.asyncIterator]();
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next());
}
