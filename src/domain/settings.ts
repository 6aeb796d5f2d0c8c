/**
 * The settings of an image (`config` in its JSON: Env, Cmd, Labels, ...) and what a rebase does to
 * each. Source: OCI image-spec config.md; moby api/types/container/config.go.
 */

/** `merge`: key by key with the two bases; `keep`: the image's stay as they are. */
export const CONFIG_MODES = ['merge', 'keep'] as const;
export type ConfigMode = (typeof CONFIG_MODES)[number];

/**
 * `taken`: the image had the old base's value and gets the new base's. `kept`: the image's own
 * choice. `agreed`: the image has set what the new base has too. `conflict`: image, old base and
 * new base all differ, and the image's stays. `updated`: a label that names the base.
 */
export const SETTING_KINDS = ['taken', 'kept', 'agreed', 'conflict', 'updated'] as const;
export type SettingKind = (typeof SETTING_KINDS)[number];

/** One setting that the image has of its own or gets from the new base. */
export interface SettingChange {
  /** Docker's name of the field: `Env`, `Cmd`, `Labels`. */
  readonly field: string;
  /** The variable, label, port or volume; undefined where the field counts as a whole. */
  readonly item: string | undefined;
  readonly kind: SettingKind;
  /** JSON texts; undefined where it is not set. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly oldBase: string | undefined;
  readonly newBase: string | undefined;
}

/** `Cmd`, `Env PATH`. */
export function settingName({ field, item }: Pick<SettingChange, 'field' | 'item'>): string {
  return item === undefined ? field : `${field} ${item}`;
}
