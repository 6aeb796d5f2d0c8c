import { shortId, isDigest } from '../domain/digest.ts';
import type { HistoryEntry } from '../domain/image-config.ts';
import type { PlannedRebase } from '../domain/plan.ts';
import { configDiff, listDiff, sameJson, type FieldDiff, type ListChange } from './config-diff.ts';
import { cutEnd } from './display-width.ts';
import { instructionOf } from './instruction.ts';
import { layerLabels } from './layer-stack.ts';
import { counted } from '../domain/counted.ts';
import { idText, type Page } from './page.ts';
import { printable } from './printable.ts';

const INDENT = '    ';
/** Unchanged lines that are shown next to a change. */
const CONTEXT = 2;
/** Lines of one mark that are shown before the middle ones are only counted. */
const LONGEST_RUN = 9;
const RUN_HEAD = 6;
const RUN_TAIL = 2;

/** The diff of the image JSON: each field that differs, as unified diff. */
export function configDiffText(page: Page, image: PlannedRebase): string[] {
  const { before, after } = image;
  const labels = layerLabels(image);
  const fields = configDiff(before.configText, after.configText);
  const files = `${idText(page, before.imageId)} -> ${idText(page, after.imageId)}`;
  return [
    `  IMAGE JSON (imagedb/content/sha256) ${files}`,
    ...fields.flatMap((field) => [
      INDENT + page.paint.cyan(cutEnd(`@@ ${printable(field.path)} @@`, room(page) + 2)),
      ...fieldLines(page, field, labels),
    ]),
  ];
}

function fieldLines(
  page: Page,
  { path, before, after }: FieldDiff,
  labels: ReadonlyMap<string, string>,
): string[] {
  const isHistory = path === 'history';
  if ((isList(before) || isList(after)) && (isList(before) || before === undefined)) {
    const changes = listDiff(listOf(before), listOf(after), sameJson);
    return diffLines(page, isHistory ? historyTexts(changes) : itemTexts(page, changes, labels));
  }
  const changes: ListChange<unknown>[] = [
    ...(before === undefined ? [] : [{ mark: '-' as const, item: before }]),
    ...(after === undefined ? [] : [{ mark: '+' as const, item: after }]),
  ];
  return diffLines(page, itemTexts(page, changes, labels));
}

function itemTexts(
  page: Page,
  changes: readonly ListChange<unknown>[],
  labels: ReadonlyMap<string, string>,
): ListChange<string>[] {
  return changes.map(({ mark, item }) => {
    if (!isDigest(item)) return { mark, item: printable(JSON.stringify(item)) };
    const label = labels.get(item);
    const id = page.noTrunc ? item : `sha256:${shortId(item)}`;
    return { mark, item: label === undefined ? id : `${id}  ${label}` };
  });
}

/**
 * Date and instruction of each entry; the raw entry where two that differ would read the same.
 */
function historyTexts(changes: readonly ListChange<unknown>[]): ListChange<string>[] {
  const removed = new Set(ofMark(changes, '-').map(historyLine));
  const alike = new Set(
    ofMark(changes, '+')
      .map(historyLine)
      .filter((line) => removed.has(line)),
  );
  return changes.map(({ mark, item }) => {
    const line = historyLine(item);
    const raw = mark !== ' ' && alike.has(line);
    return { mark, item: raw ? printable(JSON.stringify(item)) : line };
  });
}

function ofMark(changes: readonly ListChange<unknown>[], mark: '-' | '+'): unknown[] {
  return changes.filter((change) => change.mark === mark).map(({ item }) => item);
}

function historyLine(value: unknown): string {
  const entry = entryOf(value);
  const date = printable(entry.created.replace(/\.\d+/, '').replace('T', ' ').replace('Z', ''));
  return `${date || '(no date)'}  ${instructionOf(entry)}${entry.emptyLayer ? '  (no layer)' : ''}`;
}

function entryOf(value: unknown): HistoryEntry {
  const object = typeof value === 'object' && value !== null ? value : {};
  const text = (key: string) => {
    const found: unknown = Object.entries(object).find(([name]) => name === key)?.[1];
    return typeof found === 'string' ? found : '';
  };
  return {
    createdBy: text('created_by'),
    comment: text('comment'),
    author: text('author'),
    created: text('created'),
    emptyLayer: 'empty_layer' in object && object.empty_layer === true,
  };
}

function diffLines(page: Page, changes: readonly ListChange<string>[]): string[] {
  return runsOf(changes).flatMap((run, index, runs) => {
    const { mark } = run[0] ?? { mark: ' ' };
    const lines = run.map(({ item }) => item);
    if (mark !== ' ') return shortened(page, lines).map((line) => painted(page, mark, line));
    const [head, tail] = [index > 0 ? CONTEXT : 0, index < runs.length - 1 ? CONTEXT : 0];
    if (page.noTrunc || lines.length <= head + tail + 1) {
      return lines.map((line) => painted(page, mark, line));
    }
    const hidden = `... ${lines.length - head - tail} unchanged`;
    return [...lines.slice(0, head), hidden, ...lines.slice(lines.length - tail)].map((line) =>
      painted(page, mark, line),
    );
  });
}

function runsOf(changes: readonly ListChange<string>[]): ListChange<string>[][] {
  const runs: ListChange<string>[][] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    if (last?.[0]?.mark === change.mark) last.push(change);
    else runs.push([change]);
  }
  return runs;
}

function shortened(page: Page, lines: readonly string[]): string[] {
  if (page.noTrunc || lines.length <= LONGEST_RUN) return [...lines];
  const hidden = lines.length - RUN_HEAD - RUN_TAIL;
  return [
    ...lines.slice(0, RUN_HEAD),
    `... ${counted(hidden, 'more line')}`,
    ...lines.slice(-RUN_TAIL),
  ];
}

function painted(page: Page, mark: ListChange<string>['mark'], text: string): string {
  const line = `${mark} ${cutEnd(text, room(page))}`;
  if (mark === ' ') return INDENT + page.paint.dim(line);
  return INDENT + (mark === '-' ? page.paint.red(line) : page.paint.green(line));
}

function room(page: Page): number {
  return page.width - INDENT.length - 2;
}

function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : [];
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
