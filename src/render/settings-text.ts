/**
 * What becomes of the settings, key by key.
 */
import type { PlannedRebase } from '../domain/plan.ts';
import { settingName, type SettingChange, type SettingKind } from '../domain/settings.ts';
import { cutEnd } from './display-width.ts';
import { below, firstOf, labelled, nameList, type Page } from './page.ts';
import { oneLine } from './printable.ts';

/** Settings that are shown with their values. */
const LONGEST_LIST = 12;
/** Settings that are named in one line. */
const NAMED = 8;
/** Columns of one value. */
const VALUE_WIDTH = 100;

/** Nothing for an image without settings of its own on a base that brings none. */
export function settingsText(page: Page, { config, settings, newBase }: PlannedRebase): string[] {
  if (config === 'keep') return labelled(page, 'SETTINGS', 'stay as they are (--config keep)');
  const ofKind = (...kinds: SettingKind[]): SettingChange[] =>
    settings.filter(({ kind }) => kinds.includes(kind));
  const paragraphs = [
    ...valueLines(page, `taken from ${newBase.name}`, ofKind('taken')),
    ...valueLines(page, 'brought up to date', ofKind('updated')),
    ...nameLine(page, 'kept from the app', ofKind('kept', 'agreed').filter(isSet)),
    ...nameLine(page, "in conflict, the app's stays", ofKind('conflict')),
  ];
  const [first, ...more] = paragraphs;
  if (first === undefined) return [];
  return [...labelled(page, 'SETTINGS', first), ...more.flatMap((line) => below(page, line))];
}

/** An image that keeps a field empty has nothing to show for it. */
function isSet({ before }: SettingChange): boolean {
  return before !== undefined;
}

function valueLines(page: Page, head: string, settings: readonly SettingChange[]): string[] {
  if (settings.length === 0) return [];
  const { shown, more } = firstOf(page, settings, LONGEST_LIST);
  return [
    `${oneLine(head)}:`,
    ...shown.map(
      (setting) =>
        `${oneLine(settingName(setting))}  ` +
        `${valueText(page, setting.before)} -> ${valueText(page, setting.after)}`,
    ),
    ...(more === 0 ? [] : [`and ${more} more: --no-trunc shows all`]),
  ];
}

function nameLine(page: Page, head: string, settings: readonly SettingChange[]): string[] {
  if (settings.length === 0) return [];
  return [`${head}: ${nameList(page, settings.map(settingName).map(oneLine), NAMED)}`];
}

function valueText(page: Page, json: string | undefined): string {
  if (json === undefined) return '(none)';
  return cutEnd(oneLine(json), page.noTrunc ? Infinity : VALUE_WIDTH);
}
