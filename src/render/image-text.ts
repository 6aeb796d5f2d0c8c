/**
 * One image of a plan in full.
 */
import type { NothingToDo, PlannedRebase, TagChange } from '../domain/plan.ts';
import type { PlanReport } from '../domain/report.ts';
import { configDiffText } from './config-diff-text.ts';
import { findingsText } from './findings-text.ts';
import { layerStackText } from './layer-stack-text.ts';
import { counted } from '../domain/counted.ts';
import { below, idText, labelled, nameList, wrap, type Page } from './page.ts';
import { oneLine, printable } from './printable.ts';
import { settingsText } from './settings-text.ts';

/** IDs, bases, verdict, tags, layer stacks, diff of the image JSON. */
export function imageText(page: Page, image: PlannedRebase, report: PlanReport): string[] {
  return [
    ...judgedText(page, image),
    ...tagLines(page, image, report),
    '',
    ...layerStackText(page, image),
    '',
    ...configDiffText(page, image),
  ];
}

/** IDs, bases, verdict and settings. */
export function judgedText(page: Page, image: PlannedRebase): string[] {
  const { before, after, oldBase, newBase } = image;
  const from = baseText(oldBase);
  return [
    ...wrap(page, printable(image.reference), 0).map(page.paint.bold),
    ...labelled(
      page,
      'IMAGE ID',
      `${idText(page, before.imageId)} -> ${idText(page, after.imageId)}`,
    ),
    ...labelled(page, 'BASE', `${from} -> ${baseText(newBase)}`),
    ...below(page, `old base: ${oneLine(oldBase.evidence)}`),
    ...findingsText(page, image.findings, image.allowed),
    ...settingsText(page, image),
  ];
}

/** `my-alpine:3.7 is already on alpine:3.12: nothing to do`, on as many lines as it takes. */
export function nothingText(page: Page, image: NothingToDo): string[] {
  const reason = oneLine(image.reason);
  const text = /^(?:already|built|based)\b/.test(reason) ? `is ${reason}` : reason;
  const separator = text === reason ? ': ' : ' ';
  return wrap(page, `${printable(image.reference)}${separator}${text}; nothing to do`, 0);
}

/** `alpine:3.7 (1 layer)`. */
export function baseText(base: { readonly name: string; readonly layers: number }): string {
  return base.layers === 0
    ? 'scratch'
    : `${printable(base.name)} (${counted(base.layers, 'layer')})`;
}

/** Names that stay on the old image and are listed. */
const LONGEST_LIST = 6;

function tagLines(page: Page, image: PlannedRebase, { names, keptTags }: PlanReport): string[] {
  const changes = image.tags.map((change) => changeText(page, change, names));
  const kept = keptTags.get(image.before.imageId) ?? [];
  const lines = [
    ...changes,
    ...(kept.length === 0 ? [] : [`on the old image stay: ${nameList(page, kept, LONGEST_LIST)}`]),
  ];
  const [first = 'none moves', ...more] = lines;
  return [...labelled(page, 'TAGS', first), ...more.flatMap((line) => below(page, line))];
}

function changeText(page: Page, change: TagChange, names: PlanReport['names']): string {
  const { key, before, after } = change;
  const to = idText(page, after);
  if (before === undefined) return `${printable(key)}  new -> ${to}`;
  const name = names.get(before);
  const taken = name === undefined || name === key ? '' : ` (${printable(name)})`;
  return `${printable(key)}  ${idText(page, before)}${taken} -> ${to}`;
}
