import { errnoOf } from '../store/read-file.ts';
import { RebaseError } from '../errors.ts';

const NO_ROOM = ['ENOSPC', 'EDQUOT'];

/**
 * A system call that failed, as an error that a user can act on: NO_SPACE or APPLY_FAILED. Anything
 * else is passed on as it is.
 */
export function asRebaseError(error: unknown): unknown {
  const errno = errnoOf(error);
  if (error instanceof RebaseError || errno === undefined || !(error instanceof Error))
    return error;
  return NO_ROOM.includes(errno)
    ? new RebaseError('NO_SPACE', `no room is left: ${error.message}`, {
        hint: 'docker system df shows what could go; --clone link takes least',
        cause: error,
      })
    : new RebaseError('APPLY_FAILED', `the disk refused: ${error.message}`, {
        hint: 'dmesg | tail and findmnt may say why; rebase-image status says how things stand',
        cause: error,
      });
}

/** What an error says; anything may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
