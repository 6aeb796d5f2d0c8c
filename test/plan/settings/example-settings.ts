/** Three images as they stand in a merge: settings given as plain objects. */
import { parseImageConfig } from '../../../src/domain/image-config.ts';
import type { SettingChange } from '../../../src/domain/settings.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { planSettings } from '../../../src/plan/settings/plan-settings.ts';
import { settingsIn } from '../../../src/plan/settings/read-settings.ts';
import { withSettings } from '../../../src/plan/settings/settings-text.ts';

export type ExampleSettings = Readonly<Record<string, unknown>>;

export interface ExampleMerge {
  readonly app: ExampleSettings | null;
  readonly oldBase: ExampleSettings | null;
  readonly newBase: ExampleSettings | null;
  /** `created_by` of the image's own history entries. */
  readonly own?: readonly string[];
  readonly labels?: { readonly name?: string; readonly digest?: string };
  readonly print?: (value: unknown) => string;
}

export interface Merged {
  readonly text: string;
  /** The `config` of the result. */
  readonly config: unknown;
  readonly changes: readonly SettingChange[];
  readonly findings: readonly Finding[];
}

/** The config of an image with these settings. */
export function configText(
  config: unknown,
  print: (value: unknown) => string = JSON.stringify,
): string {
  return print({ architecture: 'amd64', config, os: 'linux', rootfs: { type: 'layers' } });
}

/** Merges as `planImage` does. */
export function merged({ app, oldBase, newBase, own = [], labels, print }: ExampleMerge): Merged {
  const text = configText(app, print);
  const newBaseText = configText(newBase, print);
  const { changes, texts, findings } = planSettings({
    app: settingsIn(text),
    oldBase: settingsIn(configText(oldBase, print)),
    newBase: settingsIn(newBaseText),
    own: historyOf(own),
    labels: { name: labels?.name, digest: labels?.digest },
    names: { image: 'app:1', oldBase: 'base:1', newBase: 'base:2' },
  });
  const result = withSettings(text, texts, newBaseText);
  const { config } = JSON.parse(result) as { config: unknown };
  return { text: result, config, changes, findings };
}

/** `Env PATH taken`, one line a change. */
export function lines(changes: readonly SettingChange[]): string[] {
  return changes.map(({ field, item, kind }) => [field, item, kind].filter(Boolean).join(' '));
}

function historyOf(own: readonly string[]): ReturnType<typeof parseImageConfig>['history'] {
  const history = own.map((created_by) => ({ created_by, empty_layer: true }));
  return parseImageConfig(JSON.stringify({ rootfs: {}, history })).history;
}
