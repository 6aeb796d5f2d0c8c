import type { ImageID } from './digest.ts';
import type { DaemonView } from './report.ts';
import type { StoreFinding } from './store-finding.ts';

/** What `rebase-image doctor` says. */
export interface DoctorReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  /** The one image that was examined; undefined for the whole store. */
  readonly image: { readonly name: string; readonly imageId: ImageID } | undefined;
  readonly deep: boolean;
  /** How much was looked at. */
  readonly examined: {
    readonly layers: number;
    readonly images: number;
    readonly containers: number;
  };
  /** The gravest first. */
  readonly findings: readonly StoreFinding[];
}
