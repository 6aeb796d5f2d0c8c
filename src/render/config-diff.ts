/**
 * The difference between two image configs, field by field.
 */

/** One field that differs; a side that has no such field is undefined. */
export interface FieldDiff {
  /** Dotted: `rootfs.diff_ids`, `config.Labels["com.example.team"]`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A line of a unified diff over a list. */
export interface ListChange<T> {
  readonly mark: '-' | '+' | ' ';
  readonly item: T;
}

/** The fields in which two configs (JSON texts) differ, in the order of the texts. */
export function configDiff(beforeText: string, afterText: string): FieldDiff[] {
  return diffAt('', JSON.parse(beforeText), JSON.parse(afterText));
}

/**
 * A list's change as a unified diff: what both ends have in common stays, what lies between goes
 * and comes. Exact for a rebase, where one run of elements is put in place of another.
 */
export function listDiff<T>(
  before: readonly T[],
  after: readonly T[],
  same: (a: T, b: T) => boolean,
): ListChange<T>[] {
  const most = Math.min(before.length, after.length);
  const agree = (a: T | undefined, b: T | undefined) =>
    a !== undefined && b !== undefined && same(a, b);
  let start = 0;
  while (start < most && agree(before[start], after[start])) start += 1;
  let end = 0;
  while (end < most - start && agree(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const marked = (mark: ListChange<T>['mark'], items: readonly T[]) =>
    items.map((item): ListChange<T> => ({ mark, item }));
  return [
    ...marked(' ', before.slice(0, start)),
    ...marked('-', before.slice(start, before.length - end)),
    ...marked('+', after.slice(start, after.length - end)),
    ...marked(' ', before.slice(before.length - end)),
  ];
}

/** Whether two parsed JSON values are equal, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return a === b;
}

function diffAt(path: string, before: unknown, after: unknown): FieldDiff[] {
  if (sameJson(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    diffAt(joined(path, key), ownField(before, key), ownField(after, key)),
  );
}

function ownField(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function joined(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
