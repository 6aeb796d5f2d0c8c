/**
 * Values of a YAML document with the place of each, read strictly: what is not of the expected kind
 * is a problem with a position, never converted.
 * Source: YAML 1.2.2 core schema; package yaml (eemeli), documents.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Document,
  type LineCounter,
  type Node,
} from 'yaml';

/** Collects what is wrong with a manifest, each with its place. */
export class ManifestProblems {
  readonly #found: { readonly offset: number; readonly what: string }[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  /** `what` is wrong at a node of the document, or at an offset. */
  add(at: unknown, what: string): void {
    this.#found.push({ offset: offsetOf(at), what });
  }

  /** `bases.yaml:6:5`; the first line for what has no place of its own. */
  placeOf(at: unknown): string {
    const { line, col } = this.#lines.linePos(offsetOf(at));
    return `${this.#file}:${line || 1}:${col || 1}`;
  }

  /** All of them in the order of the file, each beginning with its place. */
  messages(): string[] {
    const inOrder = this.#found.toSorted((a, b) => a.offset - b.offset);
    return [...new Set(inOrder.map(({ offset, what }) => `${this.placeOf(offset)}: ${what}`))];
  }
}

function offsetOf(at: unknown): number {
  if (typeof at === 'number') return at;
  return isScalar(at) || isMap(at) || isSeq(at) ? (at.range?.[0] ?? 0) : 0;
}

/** A mapping's values by key. */
export interface Fields {
  readonly node: Node;
  /** How a message calls the mapping: `rebases[1]`, or empty for the document. */
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
  /** The keys that are written there, with a value that counts or without. */
  readonly given: ReadonlySet<string>;
}

/** A mapping with no other keys than these; a problem and undefined when it is none. */
export function fieldsOf(
  node: unknown,
  { path, keys, problems }: { path: string; keys: readonly string[]; problems: ManifestProblems },
): Fields | undefined {
  if (!isMap(node)) {
    const what = path === '' ? 'the manifest' : path;
    problems.add(node, `${what}: must be a mapping with ${listed(keys)}`);
    return undefined;
  }
  const values = new Map<string, unknown>();
  const given = new Set<string>();
  for (const { key, value } of node.items) {
    const shown = isScalar(key) ? String(key.value) : 'a key that is no text';
    const problem = keyProblem({ key, value, keys, given });
    given.add(shown);
    if (problem === undefined) values.set(shown, value);
    else problems.add(key, `${joined(path, shown)}: ${problem}`);
  }
  return { node, path, values, given };
}

function keyProblem({
  key,
  value,
  keys,
  given,
}: {
  key: unknown;
  value: unknown;
  keys: readonly string[];
  given: ReadonlySet<string>;
}): string | undefined {
  const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
  if (name === undefined || !keys.includes(name)) {
    return `there is no such key; the keys are ${listed(keys)}`;
  }
  if (given.has(name)) return 'is given twice';
  return isScalar(value) && value.value === null ? 'has no value' : undefined;
}

/** A text that is not empty; a number or boolean written without quotes is a problem. */
export function textOf(
  fields: Fields,
  key: string,
  problems: ManifestProblems,
): string | undefined {
  const node = fields.values.get(key);
  return node === undefined ? undefined : textIn(node, joined(fields.path, key), problems);
}

/** A list of texts; one text stands for a list of one. */
export function textsOf(
  fields: Fields,
  key: string,
  problems: ManifestProblems,
): readonly string[] | undefined {
  const node = fields.values.get(key);
  if (node === undefined) return undefined;
  const path = joined(fields.path, key);
  const items = isSeq(node) ? node.items : [node];
  if (items.length === 0) {
    problems.add(node, `${path}: is empty`);
    return undefined;
  }
  const texts = items.map((item, index) =>
    textIn(item, isSeq(node) ? `${path}[${index}]` : path, problems),
  );
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** A boolean of YAML 1.2: true or false, not yes, no, on or off. */
export function switchOf(
  fields: Fields,
  key: string,
  problems: ManifestProblems,
): boolean | undefined {
  const node = fields.values.get(key);
  if (node === undefined) return undefined;
  if (isScalar(node) && typeof node.value === 'boolean') return node.value;
  problems.add(node, `${joined(fields.path, key)}: must be true or false`);
  return undefined;
}

/** Anchors, aliases and tags, which a manifest does not need and a reader would have to resolve. */
export function refuseReferences(document: Document.Parsed, problems: ManifestProblems): void {
  visit(document, {
    Node: (_key, node) => {
      const place = node.range?.[0] ?? 0;
      if (isAlias(node)) problems.add(place, `*${node.source}: aliases are not supported`);
      else if (node.anchor !== undefined) {
        problems.add(place, `&${node.anchor}: anchors are not supported`);
      } else if (node.tag !== undefined) {
        problems.add(place, `${node.tag}: tags are not supported`);
      }
    },
  });
}

function textIn(node: unknown, path: string, problems: ManifestProblems): string | undefined {
  if (!isScalar(node)) {
    problems.add(node, `${path}: must be text`);
    return undefined;
  }
  const { value, source } = node;
  if (typeof value !== 'string') {
    const typed = source ?? String(value);
    problems.add(node, `${path}: ${typed} is no text here; write "${typed}" in quotes`);
    return undefined;
  }
  if (value.trim() === '') {
    problems.add(node, `${path}: is empty`);
    return undefined;
  }
  return value;
}

/** `rebases[1].onto`. */
export function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function listed(keys: readonly string[]): string {
  return keys.join(', ');
}
