import type { ByteString } from '../domain/byte-string.ts';
import { bytesOfPath } from '../store/bytes-of-path.ts';
import { errnoOf } from '../store/read-file.ts';
import type { Disk } from './disk.ts';

/** 65,000 links on ext4; an immutable file; another file system. */
const NO_LINK = ['EMLINK', 'EPERM', 'EXDEV'];

/**
 * Hard-links all names of one file from one folder to another, or none: a file that is half linked
 * and half copied is two files. False when it cannot have these links.
 */
export function linkNames(
  disk: Disk,
  { from, to }: { readonly from: string; readonly to: string },
  names: readonly ByteString[],
): boolean {
  const done: Buffer[] = [];
  try {
    for (const name of names) {
      const link = bytesOfPath(to, name);
      disk.hardLink(bytesOfPath(from, name), link);
      done.push(link);
    }
    return true;
  } catch (error) {
    if (!cannotLink(error)) throw error;
    for (const link of done) disk.removeFile(link);
    return false;
  }
}

/** Whether a link failed because there can be none: the same file can then be copied. */
export function cannotLink(error: unknown): boolean {
  return NO_LINK.includes(errnoOf(error) ?? '');
}
