/**
 * JSON documents: what they have in common, and their text.
 */
import stableStringify from 'json-stable-stringify';

/** Names the shape of every document; a change that breaks readers gets a new number. */
export const SCHEMA = 'rebase-image/v1';

/** What kinds of documents there are; `schema/` describes each. */
export const DOCUMENT_NAMES = [
  'plan',
  'applied',
  'outcome',
  'check',
  'base',
  'dependents',
  'doctor',
  'history',
  'journals',
  'status',
  'undo',
  'prune',
  'pruned',
  'overlay-plan',
  'overlay-applied',
  'overlay-pack',
  'overlay-status',
  'overlay-drop',
  'error',
] as const;
export type DocumentName = (typeof DOCUMENT_NAMES)[number];

export type JsonDocument = Readonly<Record<string, unknown>>;

/** What every document says first: which one it is, and what was changed in which transaction. */
export function documentHead(
  document: DocumentName,
  { changed = false, transaction }: { changed?: boolean; transaction?: number | undefined } = {},
): JsonDocument {
  return { schema: SCHEMA, document, changed, transaction: transaction ?? null };
}

/** Characters that JSON lets through and a terminal obeys or hides; see printable.ts. */
const UNPRINTABLE = /[\u007f\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * The text of a document: keys sorted, two spaces, a newline at the end. Control, bidi and
 * invisible characters are escaped, so that it can be looked at on a terminal; it parses to the
 * same value.
 */
export function toJsonText(value: unknown): string {
  const text = stableStringify(value, { space: 2, collapseEmpty: true });
  if (text === undefined) throw new TypeError('the value has no JSON text');
  const escaped = text
    .split('\n')
    .map((line) => line.replace(UNPRINTABLE, escapeUnits))
    .join('\n');
  return `${escaped}\n`;
}

/** The `\uXXXX` of a character, two of them beyond the basic plane. */
function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
