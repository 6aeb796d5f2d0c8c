import type { Finding } from '../../domain/finding.ts';
import type { HistoryEntry } from '../../domain/image-config.ts';
import type { SettingChange } from '../../domain/settings.ts';
import type { BaseLabels } from './base-labels.ts';
import { mergeSettings, type FieldText } from './merge-settings.ts';
import { instructionsIn } from './own-instructions.ts';
import type { Settings } from './read-settings.ts';
import { settingsFindings, unknownSettings, type Names } from './settings-findings.ts';

export interface SettingsInput {
  /** Undefined where they cannot be read or are not to be had. */
  readonly app: Settings | undefined;
  readonly oldBase: Settings | undefined;
  readonly newBase: Settings | undefined;
  /** The history entries that are the image's own. */
  readonly own: readonly HistoryEntry[];
  readonly labels: BaseLabels;
  readonly names: Names;
}

export interface PlannedSettings {
  readonly changes: readonly SettingChange[];
  readonly texts: ReadonlyMap<string, FieldText>;
  readonly findings: readonly Finding[];
}

/**
 * What becomes of an image's settings on the new base: merged with those of the two bases, or kept
 * where those of one of the three are not known.
 */
export function planSettings(input: SettingsInput): PlannedSettings {
  const { app, oldBase, newBase, names, labels } = input;
  if (app === undefined) return keptSettings([unknownSettings(names, names.image)]);
  if (newBase === undefined) return keptSettings([unknownSettings(names, names.newBase)]);
  if (oldBase === undefined) return keptSettings([unknownSettings(names, 'its old base')]);
  const own = instructionsIn(input.own);
  const { changes, texts } = mergeSettings({ app, oldBase, newBase, own, labels });
  return { changes, texts, findings: settingsFindings(changes, names) };
}

/** Settings that stay as they are. */
export function keptSettings(findings: readonly Finding[]): PlannedSettings {
  return { changes: [], texts: new Map(), findings };
}
