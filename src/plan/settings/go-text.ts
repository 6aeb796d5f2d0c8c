/** JSON texts as Go's encoding/json writes them, which is how dockerd's own look. */

const ESCAPED = /\\.|[<>&\u2028\u2029]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** A string. What is no Unicode text becomes U+FFFD, as Go does it. */
export function goString(text: string): string {
  return JSON.stringify(text.replace(LONE_SURROGATE, '\ufffd')).replace(ESCAPED, (found) => {
    if (found === '\\b') return '\\u0008';
    if (found === '\\f') return '\\u000c';
    if (found.length > 1) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Go prints maps by the bytes of their keys: in UTF-8 that is the order of code points. */
export function byGoOrder(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}
