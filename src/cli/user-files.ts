import { readFileSync, writeFileSync } from 'node:fs';
import { RebaseError } from '../errors.ts';

/** Writes a plan for its owner only: settings of images may hold what others must not read. */
export function savePlan(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new RebaseError('USAGE', `the plan cannot be saved: ${messageOf(cause)}`, {
      hint: '--out FILE in a folder that is there',
      cause,
    });
  }
}

/** What a lone dash stands for. */
export const STDIN = '/dev/stdin';

/** The text of a file that the user names. Throws USAGE when it cannot be read. */
export function readNamedFile(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      readFileSync(file === STDIN ? 0 : file),
    );
  } catch (cause) {
    const why = cause instanceof TypeError ? `${file} is no UTF-8 text` : messageOf(cause);
    throw new RebaseError('USAGE', `the file cannot be read: ${why}`, {
      hint: 'name a file, or - for stdin',
      cause,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
