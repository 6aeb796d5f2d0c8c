/**
 * What dockerd's store holds, as read: tolerant, so that damage is a fact in it and not an
 * exception. Planning refuses what is damaged; a check of the store lists it.
 */
import type { VersionFolders } from './overlay/version.ts';
import { shortId, type ChainID, type DiffID, type ImageID } from './digest.ts';

export interface Snapshot {
  readonly images: ReadonlyMap<ImageID, ImageRecord>;
  /** Image configs that cannot be read, with the reason. */
  readonly brokenImages: ReadonlyMap<ImageID, string>;
  readonly tags: Tags;
  /** Only the layers that were asked for. */
  readonly layers: ReadonlyMap<ChainID, LayerRecord>;
  readonly containers: readonly ContainerRecord[];
}

export interface ImageRecord {
  readonly id: ImageID;
  /** The config's exact text. */
  readonly text: string;
  readonly diffIds: readonly DiffID[];
  /** Image that this one was built from, as imagedb's metadata says; evidence, not proof. */
  readonly parent: ImageID | undefined;
}

/** repositories.json: reference keys (`alpine:3.7`, `alpine@sha256:...`) and what they name. */
export interface Tags {
  readonly byKey: ReadonlyMap<string, TagRecord>;
  readonly byImage: ReadonlyMap<ImageID, readonly string[]>;
}

export interface TagRecord {
  /** The repository under which the file lists the key. */
  readonly repository: string;
  readonly key: string;
  readonly imageId: ImageID;
}

/**
 * One folder of layerdb/sha256 with its overlay2 directory. Texts are the files' exact contents;
 * undefined means that the file is not there (store.md 1.1, 1.8).
 */
export interface LayerRecord {
  readonly chainId: ChainID;
  readonly diff: string | undefined;
  readonly size: string | undefined;
  readonly cacheId: string | undefined;
  readonly parent: string | undefined;
  /** Undefined when there is no overlay2/<cache-id>. */
  readonly directory: LayerDirectory | undefined;
}

export interface LayerDirectory {
  readonly hasDiff: boolean;
  readonly link: string | undefined;
  readonly lower: string | undefined;
  /** Where l/<link> points; undefined when it is no symlink. */
  readonly linkTarget: string | undefined;
  readonly committed: boolean;
  /** What this program has put beside `diff`. */
  readonly versions: VersionFolders;
}

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  /** Storage driver it was made with; empty when its config does not say. */
  readonly driver: string;
  /** Whether its config says Running or Paused. */
  readonly running: boolean;
}

/** Tags of an image, digest references left out, sorted. */
export function tagsOf(snapshot: Pick<Snapshot, 'tags'>, imageId: ImageID): string[] {
  return (snapshot.tags.byImage.get(imageId) ?? []).filter((key) => !key.includes('@'));
}

/** A name for an image: its first tag, else a digest reference, else its short ID. */
export function nameOfImage(snapshot: Pick<Snapshot, 'tags'>, imageId: ImageID): string {
  const [tag] = tagsOf(snapshot, imageId);
  return tag ?? snapshot.tags.byImage.get(imageId)?.[0] ?? shortId(imageId);
}
