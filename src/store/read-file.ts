/**
 * Small reads that treat only "not there" as absent: every other failure is a failure.
 */
import { lstatSync, readFileSync, readdirSync, readlinkSync, type Stats } from 'node:fs';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The file's text, undefined when it does not exist. Throws TypeError for bytes that are not UTF-8. */
export function readText(file: string): string | undefined {
  const bytes = readBytes(file);
  return bytes === undefined ? undefined : DECODER.decode(bytes);
}

/**
 * A small field of a layer, however damaged: bytes that are no UTF-8 become U+FFFD, and what is no
 * file is absent. For files whose content is checked by whoever relies on it.
 */
export function readField(file: string): string | undefined {
  const bytes = orAbsent(() => readFileSync(file), ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP']);
  return bytes?.toString('utf8');
}

/** The file's bytes, undefined when it does not exist. */
export function readBytes(file: string): Buffer | undefined {
  return orAbsent(() => readFileSync(file));
}

/** Names in a folder, [] when it does not exist. */
export function namesIn(folder: string): string[] {
  return orAbsent(() => readdirSync(folder)) ?? [];
}

/** lstat, undefined when there is nothing of that name. */
export function statOf(file: string): Stats | undefined {
  return orAbsent(() => lstatSync(file));
}

/** A symlink's target; undefined when there is none or it is no symlink. */
export function targetOf(link: string): string | undefined {
  return orAbsent(() => readlinkSync(link), ['ENOENT', 'ENOTDIR', 'EINVAL']);
}

/** The errno code of a failed system call, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function orAbsent<T>(read: () => T, absent = ['ENOENT', 'ENOTDIR']): T | undefined {
  try {
    return read();
  } catch (error) {
    if (absent.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
