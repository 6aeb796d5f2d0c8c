import type { DiffID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import {
  editText,
  insertProperty,
  memberOf,
  parseJsonText,
  rawElementsOf,
  removeProperty,
  replaceElements,
  valueOf,
  type Edit,
  type JsonText,
  type Node,
} from '../domain/json-text.ts';
import type { ImageRecord } from '../domain/snapshot.ts';
import type { History } from './splice-history.ts';

/** A config's history with the exact text of each entry. Throws SyntaxError. */
export function historyIn(configText: string): History {
  const { root } = parseJsonText(configText);
  const property = memberOf(root, 'history');
  const list = property === undefined ? undefined : valueOf(property);
  return { entries: parseImageConfig(configText).history, raw: rawElementsOf(configText, list) };
}

const READ = new WeakMap<ImageRecord, History>();

/** `historyIn` an image's config. Read once for each image: bases are asked for again and again. */
export function historyOf(image: ImageRecord): History {
  const history = READ.get(image) ?? historyIn(image.text);
  READ.set(image, history);
  return history;
}

/**
 * The config with these DiffIDs and this history, every other byte as it was.
 * Throws SyntaxError for a config in which several keys could be meant.
 */
export function rebasedConfigText(
  configText: string,
  diffIds: readonly DiffID[],
  history: readonly string[],
): string {
  const json = parseJsonText(configText);
  return editText(configText, [...diffIdEdits(json, diffIds), ...historyEdits(json, history)]);
}

function diffIdEdits(json: JsonText, diffIds: readonly DiffID[]): Edit[] {
  const rootfs = required(memberOf(json.root, 'rootfs'), 'rootfs');
  const elements = diffIds.map((diffId) => JSON.stringify(diffId));
  const property = memberOf(rootfs, 'diff_ids');
  const list = property === undefined ? undefined : valueOf(property);
  if (list === undefined) {
    return [insertProperty(json, rootfs, { key: 'diff_ids', value: `[${elements.join(',')}]` })];
  }
  return [replaceElements(json, list, elements)];
}

function historyEdits(json: JsonText, history: readonly string[]): Edit[] {
  const { text, root } = json;
  const property = memberOf(root, 'history');
  const list = property === undefined ? undefined : valueOf(property);
  if (property === undefined || list === undefined) {
    return history.length === 0
      ? []
      : [insertProperty(json, root, { key: 'history', value: `[${history.join(',')}]` })];
  }
  if (history.length > 0) return [replaceElements(json, list, history)];
  // Go leaves an empty history out (image.go: omitempty); one that is there and empty stays.
  return rawElementsOf(text, list).length === 0 ? [] : [removeProperty(root, property)];
}

function required(property: Node | undefined, name: string): Node {
  const value = property === undefined ? undefined : valueOf(property);
  if (value?.type !== 'object') throw new SyntaxError(`it has no ${name}`);
  return value;
}
