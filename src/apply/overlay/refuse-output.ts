import { accessSync, constants, openSync, readSync, closeSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { MANIFEST } from '../../domain/overlay/read-bundle-manifest.ts';
import { RebaseError } from '../../errors.ts';
import { statOf } from '../../store/read-file.ts';
import { messageOf } from '../system-error.ts';

/**
 * Refuses an output that `writeBundle` would not write: in a folder that is not there or is
 * read-only, or in place of anything but an earlier bundle. Throws USAGE.
 */
export function refuseOutput(file: string): void {
  const folder = path.dirname(path.resolve(file));
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw notWritable(cause);
  }
  const there = statOf(file);
  if (there === undefined || (there.isFile() && (there.size === 0 || beginsAsBundle(file)))) return;
  throw new RebaseError('USAGE', `${file} is there already, and is no bundle`, {
    hint: '--out with another name',
  });
}

/** Says why an output cannot be made. */
export function notWritable(cause: unknown): RebaseError {
  return new RebaseError('USAGE', `the bundle cannot be written: ${messageOf(cause)}`, {
    hint: '--out FILE in a folder that is there and can be written to',
    cause,
  });
}

/** Enough for the first header of the archive. */
const BEGINNING = 4096;

function beginsAsBundle(file: string): boolean {
  const bytes = Buffer.alloc(BEGINNING);
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const count = readSync(fd, bytes);
    // What comes after the beginning is not there, and not missed.
    const options = { finishFlush: zlib.Z_SYNC_FLUSH };
    return gunzipSync(bytes.subarray(0, count), options)
      .toString('latin1')
      .startsWith(`${MANIFEST}\0`);
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
