/**
 * Versions of a base layer's files: `overlay2/<cache-id>/diff.<version>` beside dockerd's own `diff`,
 * and the one that the layer's entry in overlay2/l points at.
 */
import type { ChainID, ImageID } from '../digest.ts';

/** dockerd's own folder: the files as they were pulled or built. */
export const ORIGINAL = 'diff';

/** A base image as a version remembers it: it may have left the host since. */
export interface BaseIdentity {
  /** As it was named, in its familiar form: `alpine:3.12`. */
  readonly name: string;
  readonly imageId: ImageID;
  /** Of its top layer. */
  readonly chainId: ChainID;
}

/** What `overlay2/<cache-id>/rebase-image.<version>.json` says; only with it is a version whole. */
export interface OverlayVersion {
  /** `20220628`, for the folder `diff.20220628`; as an image's tag is written. */
  readonly version: string;
  /** The base that the layer is the top of. */
  readonly base: BaseIdentity;
  /** The base whose tree is seen through this version. */
  readonly shows: BaseIdentity;
  /** Files that only the base has were left in place (`--union`). */
  readonly union: boolean;
  /** The transaction that built it. */
  readonly transaction: number;
}

/** What a layer directory holds beside dockerd's own `diff`. */
export interface VersionFolders {
  /** Whole versions, sorted by name. */
  readonly versions: readonly OverlayVersion[];
  /** Names `diff.<version>` of which nothing says what they are. */
  readonly unknown: readonly string[];
  /** Other names of this program's: records without a folder, temporaries. */
  readonly strays: readonly string[];
}

/** Of a directory that nobody but dockerd has touched. */
export const NO_VERSIONS: VersionFolders = { versions: [], unknown: [], strays: [] };

/** The versions that one layer directory has. */
export interface LayerVersions extends VersionFolders {
  readonly cacheId: string;
  /** Name of the folder that is mounted: `diff` or `diff.<version>`; undefined when it is neither. */
  readonly active: string | undefined;
}

const VERSION = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Whether text can name a version: what a tag may be (distribution reference/regexp.go). */
export function isVersionName(text: string): boolean {
  return VERSION.test(text);
}

/** The value as the name of a version; undefined for what cannot be one. */
export function asVersionName(value: unknown): string | undefined {
  return typeof value === 'string' && isVersionName(value) ? value : undefined;
}

/** `diff.20220628`. */
export function folderOfVersion(version: string): string {
  return `${ORIGINAL}.${version}`;
}

/** The version that a folder of a layer directory is; undefined for `diff` and for what is none. */
export function versionOfFolder(folder: string): string | undefined {
  const version = folder.startsWith(`${ORIGINAL}.`) ? folder.slice(ORIGINAL.length + 1) : '';
  return isVersionName(version) ? version : undefined;
}

/** `rebase-image.20220628.json`: what says that the version is whole, and what it is. */
export function recordOfVersion(version: string): string {
  return `rebase-image.${version}.json`;
}
