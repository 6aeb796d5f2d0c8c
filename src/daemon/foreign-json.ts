import { RebaseError } from '../errors.ts';

/** A JSON object that somebody else wrote: nothing is known about its members. */
export type ForeignRecord = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object (not null, not an array). */
export function isRecord(value: unknown): value is ForeignRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Takes a parsed value and what it is (for the message), returns it as an object.
 * Throws DAEMON_FAILED when it is none.
 */
export function asRecord(value: unknown, what: string): ForeignRecord {
  if (!isRecord(value)) throw notUnderstood(what, 'an object');
  return value;
}

/** Takes a parsed value and what it is, returns it as an array of objects; throws DAEMON_FAILED. */
export function asRecords(value: unknown, what: string): ForeignRecord[] {
  if (!Array.isArray(value)) throw notUnderstood(what, 'a list');
  return value.map((item) => asRecord(item, what));
}

/** The string member `key`. Throws DAEMON_FAILED when it is absent, empty or no string. */
export function requiredText(record: ForeignRecord, key: string): string {
  const value = record[key];
  if (typeof value !== 'string' || value === '') throw notUnderstood(key, 'a text');
  return value;
}

/** The string member `key`; '' when it is absent or of another type. */
export function textOr(record: ForeignRecord, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : '';
}

/** The number member `key`; 0 when it is absent or of another type. */
export function numberOr(record: ForeignRecord, key: string): number {
  const value = record[key];
  return typeof value === 'number' ? value : 0;
}

/** The list of strings at `key`; empty when it is absent or null (Go prints an empty slice as null). */
export function textsOr(record: ForeignRecord, key: string): string[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The object member `key`; an empty object when it is absent or of another type. */
export function recordOr(record: ForeignRecord, key: string): ForeignRecord {
  const value = record[key];
  return isRecord(value) ? value : {};
}

function notUnderstood(what: string, wanted: string): RebaseError {
  return new RebaseError(
    'DAEMON_FAILED',
    `dockerd's answer is not understood: ${what} is not ${wanted}`,
  );
}
