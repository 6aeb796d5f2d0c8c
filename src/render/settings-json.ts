import type { SettingChange } from '../domain/settings.ts';
import type { JsonDocument } from './json-document.ts';

/** The settings of a document; null stands for a value that is not set. */
export function settingDocuments(settings: readonly SettingChange[]): JsonDocument[] {
  return settings.map(({ field, item, kind, before, after, oldBase, newBase }) => ({
    field,
    item: item ?? null,
    kind,
    before: valueOf(before),
    after: valueOf(after),
    oldBase: valueOf(oldBase),
    newBase: valueOf(newBase),
  }));
}

function valueOf(json: string | undefined): unknown {
  return json === undefined ? null : JSON.parse(json);
}
