/** JSON as Go's encoding/json (1.19, dockerd 20.10's) prints it. */

/** Compact JSON with Go's string escapes; keys keep the order in which the object has them. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/\\.|[<>&\u2028\u2029]/g, (found) => {
    if (found === '\\b') return '\\u0008';
    if (found === '\\f') return '\\u000c';
    if (found.length > 1) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same object with its keys sorted, as Go prints a map. */
export function sortKeys<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
}
