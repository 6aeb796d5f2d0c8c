import { constants, openSync } from 'node:fs';
import { textOfBytes, type ByteString } from '../../domain/byte-string.ts';
import { RebaseError } from '../../errors.ts';
import { bytesOfPath } from '../bytes-of-path.ts';
import { errnoOf } from '../read-file.ts';

/**
 * Opens a file of a layer's folder for reading; the caller closes it. The folders on the way were
 * walked and belong to root; the last name is not followed. Throws STORE_CHANGED when the file is
 * not there any more.
 */
export function openWalkedFile(folder: string, path: ByteString): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return openSync(bytesOfPath(folder, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? changedWhileRead(path) : error;
  }
}

/** Layers do not change: somebody removed the base, or changes it in place. */
export function changedWhileRead(path: ByteString): RebaseError {
  return new RebaseError(
    'STORE_CHANGED',
    `/${textOfBytes(path)} of a base changed while it was read`,
    { hint: 'layers do not change: rebase-image doctor says more' },
  );
}
