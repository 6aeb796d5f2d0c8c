import { constants } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { RebaseError } from '../errors.ts';
import { errnoOf } from './read-file.ts';

/**
 * What GNU find prints with `expression` for everything below these folders (relative to cwd), each
 * byte as one latin1 unit. Follows no symlink, reads no file data.
 * Throws TOOL_MISSING without GNU find, STORE_DAMAGED when it cannot read a directory.
 */
export function findBelow(
  cwd: string,
  folders: readonly string[],
  expression: readonly string[],
): string {
  const { status, stdout, stderr, error } = spawnSync('find', [...folders, ...expression], {
    cwd,
    encoding: 'latin1',
    maxBuffer: constants.MAX_STRING_LENGTH,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw notRun('GNU find (findutils)', error);
  if (status !== 0) {
    throw new RebaseError('STORE_DAMAGED', `a layer cannot be read: ${firstLine(stderr)}`);
  }
  return stdout;
}

/** Folders that one `find` is given: what it lists of them is held as one text. */
export const FOLDERS_PER_FIND = 500;

/** The error for a tool that is not there, is another one of its name, or prints too much. */
export function notRun(tool: string, cause: Error): RebaseError {
  return errnoOf(cause) === 'ENOBUFS'
    ? new RebaseError('APPLY_FAILED', `${tool} prints more than fits into memory`, { cause })
    : new RebaseError('TOOL_MISSING', `${tool} is needed`, { cause });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
