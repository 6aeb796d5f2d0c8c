/**
 * The one error class that a user may meet, its closed set of codes, and the exit code of each
 * (DESIGN.md, "Exit codes"). A programming error is a plain Error and never looks like this.
 */

const EXIT_CODE_OF = {
  // 1: failed or declined; the host is unchanged or already rolled back
  IMAGE_NOT_FOUND: 1,
  IMAGE_AMBIGUOUS: 1,
  SAME_IMAGE: 1,
  BASE_NOT_FOUND: 1,
  BASE_AMBIGUOUS: 1,
  NOT_BUILT_ON_FROM: 1,
  NEW_BASE_MISSING: 1,
  STORE_DAMAGED: 1,
  STORE_CHANGED: 1,
  NO_SPACE: 1,
  DECLINED: 1,
  APPLY_FAILED: 1,
  VERIFY_FAILED: 1,
  DAEMON_FAILED: 1,
  TRANSACTION_NOT_FOUND: 1,
  // 3: refused by a check or by something that depends on the result
  CHECK_REFUSED: 3,
  IN_USE: 3,
  // 4: stopped half-way
  HALF_WAY: 4,
  // 5: busy
  LOCKED: 5,
  TRANSACTION_OPEN: 5,
  // 6: unsupported or not permitted
  NOT_ROOT: 6,
  NO_DATA_ROOT: 6,
  STORE_UNSUPPORTED: 6,
  STORE_AMBIGUOUS: 6,
  TOOL_MISSING: 6,
  // 128 + the signal that ended the run at a safe point; the command line knows which
  INTERRUPTED: 130,
  // 64: the command line
  USAGE: 64,
  BAD_MANIFEST: 64,
  BAD_PLAN: 64,
  BAD_BUNDLE: 64,
  BAD_REFERENCE: 64,
} as const;

/** Every code a RebaseError can carry. */
export type ErrorCode = keyof typeof EXIT_CODE_OF;
export const ERROR_CODES = Object.keys(EXIT_CODE_OF) as readonly ErrorCode[];

export interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly transaction?: number | undefined;
}

/**
 * An error whose message is one line that names the thing, and whose hint is the next command to
 * type or the next thing to look at.
 */
export class RebaseError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The transaction that was begun, without whose number nobody could go on with it. */
  readonly transaction: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RebaseError';
    this.code = code;
    this.hint = details.hint;
    this.transaction = details.transaction;
  }
}

/** The process exit code that an error code stands for (1, 3, 4, 5, 6, 64, or 130 for an interruption). */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODE_OF[code];
}
