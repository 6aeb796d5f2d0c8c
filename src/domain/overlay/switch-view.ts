import type { LayerSwitch } from '../bound-plan.ts';
import { versionOfFolder } from './version.ts';

/** A base whose files a transaction exchanges for everyone on it, as it is shown. */
export interface SwitchView {
  /** As it was named: `debian:12`. */
  readonly base: string;
  /** Versions; null for dockerd's own files. */
  readonly before: string | null;
  readonly after: string | null;
}

/** The switches of a plan as they are shown, in its order. */
export function switchViewsOf(switches: readonly LayerSwitch[]): SwitchView[] {
  return switches.map(({ base, before, after }) => ({
    base,
    before: versionOfFolder(before) ?? null,
    after: versionOfFolder(after) ?? null,
  }));
}
