/**
 * Merged settings written into the config's text: only the fields that change, the rest byte for
 * byte.
 */
import {
  colonIn,
  editText,
  insertProperty,
  parseJsonText,
  rawOf,
  replaceElements,
  replaceMembers,
  valueOf,
  type Edit,
  type JsonText,
  type Node,
} from '../../domain/json-text.ts';
import { emptyIn, rankIn } from './fields.ts';
import { goString } from './go-text.ts';
import type { FieldText } from './merge-settings.ts';
import { configIn, emptyTextsIn, fieldsIn } from './read-settings.ts';

/** What is written, and how the new base writes a field without a value. */
interface Written {
  readonly texts: ReadonlyMap<string, FieldText>;
  readonly empty: ReadonlyMap<string, string>;
}

/**
 * The config with these fields in its settings, those without a value as in the new base's config.
 * Throws SyntaxError for a config in which several keys could be meant.
 */
export function withSettings(
  configText: string,
  texts: ReadonlyMap<string, FieldText>,
  newBaseText: string,
): string {
  if (texts.size === 0) return configText;
  const written = { texts, empty: emptyTextsIn(newBaseText) };
  const json = parseJsonText(configText);
  const config = configIn(json);
  if (config?.type === 'object') return editText(configText, editsOf(json, config, written));
  const value = `{${membersOf(json, undefined, written).join(',')}}`;
  const edit: Edit =
    config === undefined
      ? insertProperty(json, json.root, { key: 'config', value })
      : { offset: config.offset, length: config.length, content: value };
  return editText(configText, [edit]);
}

/** Values are replaced in their place; fields that come or go make the object anew. */
function editsOf(json: JsonText, config: Node, written: Written): Edit[] {
  const present = fieldsIn(config);
  const edits: Edit[] = [];
  for (const [field, text] of written.texts) {
    const member = present.get(field);
    const value = member && valueOf(member);
    const content = valueText(json, value, text) ?? emptyIn(present.keys(), field, written.empty);
    if (value === undefined || content === undefined) {
      return [replaceMembers(json, config, membersOf(json, config, written))];
    }
    edits.push({ offset: value.offset, length: value.length, content });
  }
  return edits;
}

/** The members of the settings, those that come at the place where Docker would write them. */
function membersOf(json: JsonText, config: Node | undefined, written: Written): string[] {
  const present = config === undefined ? new Map<string, Node>() : fieldsIn(config);
  const fields = [...present.keys()];
  const rank = rankIn(fields);
  const colon = colonIn(json.text, config?.children?.[0] ?? json.root.children?.[0]);
  const changed = [...written.texts].map(([field, text]) => {
    const member = present.get(field);
    const value = valueText(json, member && valueOf(member), text);
    const content = value ?? emptyIn(fields, field, written.empty);
    return { field, member, content };
  });

  const members = (config?.children ?? []).flatMap((node) => {
    const change = changed.find(({ member }) => member === node);
    const [key] = node.children ?? [];
    const field = fields.find((name) => present.get(name) === node);
    if (change === undefined || key === undefined) {
      return [{ field, text: rawOf(json.text, node) }];
    }
    if (change.content === undefined) return [];
    return [{ field, text: `${rawOf(json.text, key)}${colon}${change.content}` }];
  });
  for (const { field, member, content } of changed) {
    if (member !== undefined || content === undefined) continue;
    const after = members.findIndex((other) => rank(other.field ?? '') > rank(field));
    const at = after < 0 ? members.length : after;
    members.splice(at, 0, { field, text: `${goString(field)}${colon}${content}` });
  }
  return members.map(({ text }) => text);
}

/** Lists and objects in the white space of the one that was there; undefined for no value. */
function valueText(json: JsonText, old: Node | undefined, text: FieldText): string | undefined {
  switch (text.kind) {
    case 'none':
      return undefined;
    case 'value':
      return text.text;
    case 'list':
      return old?.type === 'array'
        ? replaceElements(json, old, text.elements).content
        : `[${text.elements.join(',')}]`;
    case 'object': {
      const colon = colonIn(json.text, json.root.children?.[0]);
      const members = text.members.map(([key, value]) => `${goString(key)}${colon}${value}`);
      return old?.type === 'object'
        ? replaceMembers(json, old, members).content
        : `{${members.join(',')}}`;
    }
  }
}
