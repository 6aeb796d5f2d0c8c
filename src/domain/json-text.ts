/**
 * JSON as text: find a value and replace it while every other byte stays as it is.
 * dockerd hashes the config's bytes, so parsing and printing again would change the ImageID
 * (Go escapes `<` as \u003c, keeps 64-bit numbers and its own key order; JSON.stringify does not).
 */
import { applyEdits, parseTree, type Edit, type Node } from 'jsonc-parser';

export type { Edit, Node };

/** A parsed document: its text and the syntax tree with byte positions (UTF-16 offsets). */
export interface JsonText {
  readonly text: string;
  readonly root: Node;
}

/** An image's config is asked for its history, its settings and its places one after the other. */
let latest: JsonText | undefined;

/** Parses strict JSON (no comments, no trailing commas). Throws SyntaxError. */
export function parseJsonText(text: string): JsonText {
  if (latest?.text === text) return latest;
  parseJson(text);
  const root = notTooDeep(() => parseTree(text, [], { disallowComments: true }));
  if (root === undefined) throw new SyntaxError('no JSON value');
  latest = { text, root };
  return latest;
}

/** JSON.parse, with nothing but a SyntaxError for whatever it cannot read. */
export function parseJson(text: string): unknown {
  return notTooDeep((): unknown => JSON.parse(text));
}

/** Reads what may be nested, with a SyntaxError where it is so too deeply for the stack. */
export function notTooDeep<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('it is nested too deeply');
    throw error;
  }
}

/**
 * The value that Go's encoding/json would read into a field of this name: keys match without
 * regard to case (https://pkg.go.dev/encoding/json#Unmarshal). Undefined when absent.
 * Throws SyntaxError when several keys match, since then the reader decides and not the text.
 */
export function memberOf(object: Node, name: string): Node | undefined {
  const matching = (object.children ?? []).filter((property) => foldsTo(keyOf(property), name));
  if (matching.length > 1) throw new SyntaxError(`several keys read as "${name}"`);
  return matching[0];
}

/** The value node of a property node. */
export function valueOf(property: Node): Node | undefined {
  return property.children?.[1];
}

/** The key of a property node, decoded. */
export function keyOf(property: Node): string {
  return String(property.children?.[0]?.value);
}

/** Whether Go's encoding/json reads this key into a field of that (lower-case ASCII) name. */
export function foldsTo(key: string, name: string): boolean {
  // What folds to an ASCII letter is one unit of UTF-16, as the letter is.
  if (key === name || key.length !== name.length) return key === name;
  return key.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase() === name;
}

/** The exact text of a node. */
export function rawOf(text: string, node: Node): string {
  return text.slice(node.offset, node.offset + node.length);
}

/** The exact text of every element of an array node; [] for any other node. */
export function rawElementsOf(text: string, node: Node | undefined): string[] {
  if (node?.type !== 'array') return [];
  return (node.children ?? []).map((child) => rawOf(text, child));
}

/**
 * The edit that makes an array hold these elements (raw JSON texts), in the array's own white
 * space, so that replacing elements and putting them back gives the first bytes again.
 */
export function replaceElements(json: JsonText, node: Node, elements: readonly string[]): Edit {
  return replaceItems(json, node, elements, ['[', ']']);
}

/** The edit that makes an object hold these members (raw `"key":value` texts), likewise. */
export function replaceMembers(json: JsonText, node: Node, members: readonly string[]): Edit {
  return replaceItems(json, node, members, ['{', '}']);
}

function replaceItems(
  json: JsonText,
  node: Node,
  items: readonly string[],
  [open, close]: readonly [string, string],
): Edit {
  const { lead, separator, tail } = spacingOf(json, node);
  const inside = items.length === 0 ? '' : `${lead}${items.join(separator)}${tail}`;
  return { offset: node.offset, length: node.length, content: `${open}${inside}${close}` };
}

/** The edit that removes a property, with the comma that belonged to it. */
export function removeProperty(object: Node, property: Node): Edit {
  const siblings = object.children ?? [];
  const index = siblings.indexOf(property);
  const next = siblings[index + 1];
  const previous = siblings[index - 1];
  const from = next === undefined && previous !== undefined ? endOf(previous) : property.offset;
  const to = next === undefined ? endOf(property) : next.offset;
  return { offset: from, length: to - from, content: '' };
}

/**
 * The edit that adds `"key":value` to an object (not empty) before the first key that sorts after
 * it: the place where Go writes it, since dockerd sorts an image's top-level keys
 * (moby image/image.go: Image.MarshalJSON).
 */
export function insertProperty(
  json: JsonText,
  object: Node,
  { key, value }: { key: string; value: string },
): Edit {
  const { separator } = spacingOf(json, object);
  const siblings = object.children ?? [];
  const property = `${JSON.stringify(key)}${colonIn(json.text, siblings[0])}${value}`;
  const after = siblings.find((sibling) => keyOf(sibling) > key);
  if (after !== undefined) {
    return { offset: after.offset, length: 0, content: `${property}${separator}` };
  }
  const last = siblings.at(-1);
  if (last === undefined) return { offset: object.offset + 1, length: 0, content: property };
  return { offset: endOf(last), length: 0, content: `${separator}${property}` };
}

/** The text after the edits, which must not overlap. */
export function editText(text: string, edits: readonly Edit[]): string {
  return applyEdits(text, [...edits]);
}

/** What stands between a key and its value. */
export function colonIn(text: string, property: Node | undefined): string {
  const [key, value] = property?.children ?? [];
  return key && value ? text.slice(endOf(key), value.offset) : ':';
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

/** White space of an array or object: after the opening bracket, between items, before the end. */
function spacingOf(
  { text, root }: JsonText,
  node: Node,
): { lead: string; separator: string; tail: string } {
  const items = node.children ?? [];
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) return { lead: '', separator: ',', tail: '' };
  const lead = text.slice(node.offset + 1, first.offset);
  return {
    lead,
    separator: separatorIn(text, node) ?? separatorLike(separatorIn(text, root), lead),
    tail: text.slice(endOf(last), endOf(node) - 1),
  };
}

/** What stands between the first two items; undefined where there are not so many. */
function separatorIn(text: string, { children = [] }: Node): string | undefined {
  const [first, second] = children;
  return first && second && text.slice(endOf(first), second.offset);
}

/** A list of one item shows no separator: the document's own, or a line break as before the item. */
function separatorLike(document: string | undefined, lead: string): string {
  return document === undefined || document.includes('\n') ? `,${lead}` : document;
}
