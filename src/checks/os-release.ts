import { textOfBytes, type ByteString } from '../domain/byte-string.ts';

/** What an os-release file says. Source: os-release(5). */
export interface OsRelease {
  /** '' where the file says none, or cannot be read. */
  readonly id: string;
  /** VERSION_ID; '' where there is none (rolling and unreleased distributions). */
  readonly version: string;
}

const ASSIGNMENT = /^[ \t]*(ID|VERSION_ID)=([^]*)$/;

/** Real ones have less than 20 characters. */
const LONGEST_VALUE = 100;

/** A date: the distribution has no releases, only days (openSUSE Tumbleweed). */
const ROLLING = /^\d{8}$/;

/** Reads ID and VERSION_ID. */
export function readOsRelease(text: ByteString): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined || value === undefined || value.length > LONGEST_VALUE) continue;
    values.set(key, unquoted(value.trim()));
  }
  return { id: values.get('ID') ?? '', version: values.get('VERSION_ID') ?? '' };
}

/** `debian 12`, for people. */
export function titleOf({ id, version }: OsRelease): string {
  if (id === '') return 'a base that names no distribution';
  return textOfBytes(version === '' ? id : `${id} ${version}`);
}

/**
 * How far two releases are apart: another distribution, another major version (the number before
 * the first dot), or another branch of it (Alpine 3.7 and 3.12, Ubuntu 24.04 and 24.10).
 */
export function compareReleases(
  old: OsRelease,
  fresh: OsRelease,
): 'same' | 'branch' | 'major' | 'distribution' {
  if (old.id !== fresh.id) return 'distribution';
  const [[oldMajor, oldMinor], [major, minor]] = [numbers(old), numbers(fresh)];
  if (oldMajor !== major) {
    return ROLLING.test(old.version) && ROLLING.test(fresh.version) ? 'branch' : 'major';
  }
  return oldMinor === minor ? 'same' : 'branch';
}

function numbers({ version }: OsRelease): [string | undefined, string | undefined] {
  const [major, minor] = version.split('.');
  return [major, minor];
}

/** A value as a shell would take it: in quotes of one kind, with `\` before special characters. */
function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return (inner ?? value).replace(/\\(["'$`\\])/g, '$1');
}
