/**
 * The settings of one image, read for merging: every value with its exact text.
 */
import {
  keyOf,
  memberOf,
  notTooDeep,
  parseJsonText,
  rawOf,
  valueOf,
  type JsonText,
  type Node,
} from '../../domain/json-text.ts';
import type { ImageRecord } from '../../domain/snapshot.ts';
import { divisionOf, fieldOf, isDockers, saysNothing } from './fields.ts';
import { goString } from './go-text.ts';

/** A value that is set. */
export interface Setting {
  readonly text: string;
  /** Equal for values that mean the same, whatever their white space, escapes and order of keys. */
  readonly meaning: string;
}

export interface Field extends Setting {
  readonly items: Items | undefined;
}

/** Variables, labels, ports, volumes by name, in their order; undefined where it has no such. */
export type Items = ReadonlyMap<string, Setting>;

/** By Docker's names; fields that are not set are left out. */
export type Settings = ReadonlyMap<string, Field>;

export const NO_SETTINGS: Settings = new Map();

/**
 * The settings of a config; undefined where `config` is no object, so that no one can say.
 * Throws SyntaxError when several keys could be meant.
 */
export function settingsIn(configText: string): Settings | undefined {
  const json = parseJsonText(configText);
  const config = configIn(json);
  if (config === undefined || config.type === 'null') return NO_SETTINGS;
  if (config.type !== 'object') return undefined;
  const fields = new Map<string, Field>();
  for (const [field, member] of fieldsIn(config)) {
    const node = valueOf(member);
    if (node === undefined) continue;
    const setting = settingOf(json, node);
    if (saysNothing(field, setting.meaning)) continue;
    fields.set(field, { ...setting, items: itemsOf(json, field, node) });
  }
  return fields;
}

const READ = new WeakMap<ImageRecord, Settings | undefined>();

/** The same of an image in a store; a base, which many images of a batch share, is read once. */
export function settingsOf(image: ImageRecord): Settings | undefined {
  if (!READ.has(image)) READ.set(image, settingsIn(image.text));
  return READ.get(image);
}

/**
 * How a config writes its fields without a value: `null`, or the `{}` that `docker commit` leaves.
 * Throws SyntaxError as `settingsIn`.
 */
export function emptyTextsIn(configText: string): ReadonlyMap<string, string> {
  const json = parseJsonText(configText);
  const config = configIn(json);
  const texts = new Map<string, string>();
  if (config?.type !== 'object') return texts;
  for (const [field, member] of fieldsIn(config)) {
    const node = valueOf(member);
    const meaning = node && settingOf(json, node).meaning;
    if (meaning !== undefined && saysNothing(field, meaning)) texts.set(field, meaning);
  }
  return texts;
}

/** The value of the top-level `config`. Throws SyntaxError when several keys read as it. */
export function configIn({ root }: JsonText): Node | undefined {
  const property = memberOf(root, 'config');
  return property === undefined ? undefined : valueOf(property);
}

/**
 * The members of a `config` object (property nodes) by Docker's names. Of a key that Docker does not know and that
 * is there twice, none. Throws SyntaxError when several keys read as one of Docker's.
 */
export function fieldsIn(config: Node): Map<string, Node> {
  const fields = new Map<string, Node>();
  const twice = new Set<string>();
  for (const property of config.children ?? []) {
    const field = fieldOf(keyOf(property));
    if (fields.has(field)) {
      if (isDockers(field)) throw new SyntaxError(`several keys read as "${field}"`);
      twice.add(field);
    }
    fields.set(field, property);
  }
  for (const field of twice) fields.delete(field);
  return fields;
}

function settingOf({ text }: JsonText, node: Node): Setting {
  return { text: rawOf(text, node), meaning: notTooDeep(() => meaningOf(text, node)) };
}

/** Numbers by their text, since JavaScript's do not hold all of Go's. */
function meaningOf(text: string, node: Node): string {
  switch (node.type) {
    case 'object': {
      const members = (node.children ?? []).map((property) => {
        const value = valueOf(property);
        return `${JSON.stringify(keyOf(property))}:${value ? meaningOf(text, value) : ''}`;
      });
      return `{${members.sort().join(',')}}`;
    }
    case 'array':
      return `[${(node.children ?? []).map((item) => meaningOf(text, item)).join(',')}]`;
    case 'string':
      return JSON.stringify(node.value);
    default:
      return rawOf(text, node);
  }
}

/** Undefined for a field that is merged as a whole, and where names occur twice or are none. */
function itemsOf(json: JsonText, field: string, node: Node): Items | undefined {
  const named = namedItems(json, field, node);
  if (named === undefined) return undefined;
  const items = new Map(named);
  return items.size === named.length ? items : undefined;
}

function namedItems(json: JsonText, field: string, node: Node): [string, Setting][] | undefined {
  const children = node.children ?? [];
  switch (divisionOf(field)) {
    case 'whole':
      return undefined;
    case 'keys':
      if (node.type !== 'object') return undefined;
      return children.flatMap((property) => {
        const value = valueOf(property);
        return value === undefined ? [] : [[keyOf(property), settingOf(json, value)]];
      });
    case 'variables':
      if (node.type !== 'array' || children.some(({ type }) => type !== 'string')) return undefined;
      return children.map((child) => variableOf(String(child.value), rawOf(json.text, child)));
  }
}

/** Its text is that of the whole entry, `"NAME=value"`. */
export function variableOf(entry: string, text = goString(entry)): [string, Setting] {
  const equals = entry.indexOf('=', 1);
  return [equals < 0 ? entry : entry.slice(0, equals), { text, meaning: JSON.stringify(entry) }];
}
