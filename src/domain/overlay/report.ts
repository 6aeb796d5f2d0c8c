/**
 * What the overlay commands have to say, as data: render turns it into text or JSON.
 */
import type { LayerSwitch } from '../bound-plan.ts';
import type { ImageID } from '../digest.ts';
import type { Finding } from '../finding.ts';
import type { CloneCost, CloneMode, DaemonView } from '../report.ts';
import type { ContainerRecord } from '../snapshot.ts';
import type { FileChanges } from './file-changes.ts';
import type { BaseIdentity } from './version.ts';

/** An image that has a layer among its own, and so sees through it. */
export interface SharingImage {
  readonly imageId: ImageID;
  /** First tag, else a digest reference, else the short ID. */
  readonly name: string;
  readonly tags: readonly string[];
  /** Layers that it has above this one; 0 for the base itself. */
  readonly layersAbove: number;
}

/** A container whose files lie on a layer. */
export interface SharingContainer extends ContainerRecord {
  /** Its image by name; undefined when the image is gone. */
  readonly image: string | undefined;
}

export interface LayerSharers {
  /** The base first, then by name. */
  readonly images: readonly SharingImage[];
  /** The running ones first, then by name. */
  readonly containers: readonly SharingContainer[];
}

/** A base that is seen through a layer: dockerd's own files of it, or those of a version. */
export interface ShownBase {
  /** undefined: dockerd's own folder. */
  readonly version: string | undefined;
  readonly base: BaseIdentity;
}

/** How many of the files that change an image does not see, since its own layers have them. */
export interface HiddenChanges {
  readonly image: string;
  readonly count: number;
}

/** One base layer whose files are to be exchanged. */
export interface SwitchReport {
  readonly bound: LayerSwitch;
  /** The base that the layer is the top of. */
  readonly base: BaseIdentity;
  readonly from: ShownBase;
  readonly to: ShownBase;
  /** Whether files that only the base has stay. */
  readonly union: boolean;
  readonly sharers: LayerSharers;
  readonly changes: FileChanges;
  readonly hidden: readonly HiddenChanges[];
  /** What the content checks say of each image on the base; undefined when they were not run. */
  readonly checked: readonly CheckedSharer[] | undefined;
}

export interface CheckedSharer {
  readonly image: string;
  readonly findings: readonly Finding[];
}

/** What becomes of containers that run while a base is switched. */
export type RunningContainers = 'refuse' | 'restart' | 'leave';

/**
 * Everything that a dry run of `overlay apply`, `overlay restore` or `--strategy overlay` shows.
 */
export interface OverlayReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  /** The bundle's file; undefined when no bundle is applied. */
  readonly bundle: string | undefined;
  readonly switches: readonly SwitchReport[];
  /** Bases for which there is nothing to do, with the reason. */
  readonly unchanged: readonly { readonly base: string; readonly reason: string }[];
  readonly warnings: readonly string[];
  readonly running: RunningContainers;
  readonly allowed: ReadonlySet<string>;
  readonly clone: CloneMode;
  readonly cost: Readonly<Record<CloneMode, CloneCost>>;
  /** Free on the file system of overlay2. */
  readonly free: CloneCost;
}

/** What `overlay pack` has found or written. */
export interface PackReport {
  readonly storeRoot: string;
  readonly old: BaseIdentity;
  readonly new: BaseIdentity;
  readonly version: string;
  readonly union: boolean;
  /** undefined: none is named. */
  readonly file: string | undefined;
  readonly carried: { readonly files: number; readonly bytes: number };
  /** Names of the old base that are deleted. */
  readonly deleted: number;
  /** Names of the new base in all. */
  readonly entries: number;
  readonly changes: FileChanges;
  /** Of the file that was written; undefined when none was. */
  readonly written: { readonly sha256: string; readonly bytes: number } | undefined;
}

/** A version of a layer's files, as it takes room on the host. */
export interface VersionView {
  readonly version: string;
  readonly shows: BaseIdentity;
  readonly union: boolean;
  readonly transaction: number;
  readonly active: boolean;
  /** What removing it would free. */
  readonly frees: CloneCost;
}

/** A layer that has versions beside dockerd's own folder, or that shows one. */
export interface ModifiedLayer {
  readonly base: BaseIdentity;
  readonly chainId: string;
  readonly cacheId: string;
  /** What is seen through it; undefined when its entry in overlay2/l leads somewhere else. */
  readonly shows: ShownBase | undefined;
  readonly versions: readonly VersionView[];
  /** Folders of versions of which nothing says what they are. */
  readonly unknown: readonly string[];
  readonly sharers: LayerSharers;
  /** Containers that run and were started before the last switch: they have an older view. */
  readonly olderViews: readonly string[];
}

/** What `overlay status` says. */
export interface OverlayStatus {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  readonly layers: readonly ModifiedLayer[];
}

/** What `overlay drop` would remove, or has removed. */
export interface DropReport {
  readonly storeRoot: string;
  readonly base: BaseIdentity;
  readonly cacheId: string;
  readonly version: string;
  /** The base that is seen through it; undefined for a folder of which nothing says what it is. */
  readonly shows: BaseIdentity | undefined;
  readonly frees: CloneCost;
  /** Transactions that can no longer be undone afterwards. */
  readonly endsUndo: readonly number[];
}
