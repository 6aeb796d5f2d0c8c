import { setImmediate } from 'node:timers/promises';
import type { ByteString } from '../../domain/byte-string.ts';
import { bytesOfPath } from '../../store/bytes-of-path.ts';
import { cannotLink } from '../link-names.ts';
import type { AssembleRequest } from './assemble-request.ts';
import { placesAsInput } from './copy-unmarked.ts';

/** Names of one whiteout: ext4 has 65,000 links, and a clone of the layer needs some of them. */
const LINKS = 60_000;

/** Whiteouts that are made before a signal is looked for. */
const AT_ONCE = 1000;

/**
 * Hides names with char devices 0:0. As the kernel does in an upper directory, all are one file;
 * where a file system has fewer links than that, some are.
 */
export async function makeWhiteouts(
  { disk, assembly, target, signal }: AssembleRequest,
  advance: (count: number) => void,
): Promise<void> {
  let first: ByteString | undefined;
  let links = 0;
  for (const [at, name] of assembly.whiteouts.entries()) {
    if (first === undefined || links === LINKS || !link(first, name)) {
      await makeFirst(name);
      first = name;
      links = 0;
    }
    links += 1;
    if ((at + 1) % AT_ONCE !== 0) continue;
    advance(AT_ONCE);
    await setImmediate();
    signal?.throwIfAborted();
  }
  advance(assembly.whiteouts.length % AT_ONCE);

  function link(from: ByteString, to: ByteString): boolean {
    try {
      disk.hardLink(bytesOfPath(target, from), bytesOfPath(target, to));
      return true;
    } catch (error) {
      if (!cannotLink(error)) throw error;
      return false;
    }
  }

  /** Through xargs, because an argument of a program must be text here. */
  async function makeFirst(name: ByteString): Promise<void> {
    const input = placesAsInput([name]);
    const mknod = ['mknod', '-m', '000', '{}', 'c', '0', '0'];
    await disk.run('xargs', ['-0', '-I{}', ...mknod], { cwd: target, input, signal });
  }
}
