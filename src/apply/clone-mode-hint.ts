import type { CloneMode } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';

/** A failed copy with the way that works on every file system as its hint. */
export function withModeHint(error: unknown, mode: CloneMode): unknown {
  const isOurs = error instanceof RebaseError && error.code === 'APPLY_FAILED';
  if (!isOurs || (mode !== 'link' && mode !== 'reflink')) return error;
  return new RebaseError(error.code, error.message, {
    hint: `--clone auto does without ${mode}s where they cannot be made`,
    cause: error,
  });
}
