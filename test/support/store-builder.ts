/**
 * Writes a complete, healthy dockerd data-root (overlay2, as dockerd 20.10 leaves it) from a spec.
 * It shares no code with src/: tests compare two implementations. How each file must look is in
 * the project's store reference (names, modes, bytes); a real dockerd starts on the result.
 */
import { join } from 'node:path';
import { addContainer } from './store/container-files.ts';
import type { BuiltContainer } from './store/container-files.ts';
import { createDataRoot } from './store/data-root.ts';
import type { StorePaths } from './store/data-root.ts';
import { hexOf, sha256Hex } from './store/ids.ts';
import { imageConfigOf, timeOf } from './store/image-config.ts';
import type { ImageConfig } from './store/image-config.ts';
import {
  writeDistribution,
  writeImageContent,
  writeImageMetadata,
  writeRepositories,
} from './store/image-files.ts';
import { addLayer } from './store/layer-store.ts';
import type { LayerStore, StoredLayer } from './store/layer-store.ts';
import { finishPostponed, nothingPostponed } from './store/special-files.ts';
import { manyImages } from './store/many-images.ts';
import type { ManyImagesOptions } from './store/many-images.ts';
import type { ImageSpec, StoreSpec } from './store/store-spec.ts';

export { chainIdsOf, sha256Hex } from './store/ids.ts';
export { manyImages };
export type { ManyImagesOptions };
export type { BuiltContainer } from './store/container-files.ts';
export type * from './store/store-spec.ts';

export interface BuiltImage {
  readonly name: string;
  readonly imageId: string;
  /** The config's exact bytes (ASCII and UTF-8 text). */
  readonly configText: string;
  /** Bottom first, like the two lists below. */
  readonly diffIds: readonly string[];
  readonly chainIds: readonly string[];
  readonly cacheIds: readonly string[];
  /** All references of the image in repositories.json: tags, then digests. */
  readonly references: readonly string[];
}

export interface BuiltStore {
  readonly root: string;
  readonly paths: StorePaths;
  readonly images: readonly BuiltImage[];
  readonly containers: readonly BuiltContainer[];
  /** The image of that name in the spec; throws when there is none. */
  image(name: string): BuiltImage;
  container(name: string): BuiltContainer;
  /** Absolute path of overlay2/<cache-id>/diff of a layer of an image; -1 is the top one. */
  diffOf(name: string, layer: number): string;
  /** Absolute path of the layerdb entry of a layer of an image; -1 is the top one. */
  layerdbOf(name: string, layer: number): string;
}

/** Builds the store below `root`, which must not exist or be an empty directory. Needs root. */
export async function buildStore(root: string, spec: StoreSpec): Promise<BuiltStore> {
  // Modes are part of the store, whatever the caller's umask.
  const umask = process.umask(0);
  try {
    return await Promise.resolve(writeStore(root, spec));
  } finally {
    process.umask(umask);
  }
}

/** `buildStore` of `manyImages`. */
export function buildManyImages(root: string, options: ManyImagesOptions): Promise<BuiltStore> {
  return buildStore(root, manyImages(options));
}

/** An image being built: its descendants start from its layers and its config. */
interface Draft {
  readonly spec: ImageSpec;
  readonly layers: readonly StoredLayer[];
  readonly config: ImageConfig;
  readonly built: BuiltImage;
}

function writeStore(root: string, spec: StoreSpec): BuiltStore {
  const store: LayerStore = {
    paths: createDataRoot(root),
    postponed: nothingPostponed(),
    byChain: new Map(),
    committed: new Set(),
  };
  const drafts = new Map<string, Draft>();
  spec.images.forEach((image, index) => {
    if (drafts.has(image.name)) throw new Error(`test store: two images named ${image.name}`);
    drafts.set(image.name, writeImage(store, image, index, parentOf(image, drafts)));
  });
  const images = [...drafts.values()].map((draft) => draft.built);
  writeRepositories(
    store.paths,
    images.flatMap((image) => image.references.map((name) => [name, image.imageId] as const)),
  );
  const containers = (spec.containers ?? []).map((container) => {
    const { built, config, layers } = find(drafts, container.image);
    return addContainer(store, container, {
      imageId: built.imageId,
      displayName: built.references[0] ?? built.imageId,
      config: config.config,
      top: layers.at(-1),
    });
  });
  finishPostponed(store.postponed);
  return builtStore(store.paths, images, containers);
}

function parentOf(image: ImageSpec, drafts: ReadonlyMap<string, Draft>): Draft | undefined {
  return image.from === undefined ? undefined : find(drafts, image.from);
}

function writeImage(
  store: LayerStore,
  image: ImageSpec,
  index: number,
  parent: Draft | undefined,
): Draft {
  const layers = [...(parent?.layers ?? [])];
  for (const layer of image.layers ?? []) {
    layers.push(addLayer(store, layer, layers.at(-1), image.buildkit ?? false));
  }
  const diffIds = layers.map((layer) => layer.diffId);
  const config = imageConfigOf(image, {
    index,
    diffIds,
    parent: parent && {
      imageId: parent.built.imageId,
      config: parent.config.config,
      history: parent.config.history,
    },
  });
  const imageId = writeImageContent(store.paths, config.text);
  const digests = (image.digests ?? []).map((digest) =>
    digest.includes('@') ? digest : `${digest}@sha256:${sha256Hex(`manifest ${imageId}`)}`,
  );
  const references = [...(image.tags ?? []), ...digests];
  writeImageMetadata(store.paths, imageId, {
    parent: image.parentLink === true ? parent?.built.imageId : undefined,
    lastUpdated: references.length > 0 ? timeOf(86_400 + index) : undefined,
    builtLocally: image.builtLocally === true ? '\x01' : undefined,
  });
  for (const digest of digests) {
    const repository = digest.slice(0, digest.indexOf('@'));
    for (const diffId of diffIds) writeDistribution(store.paths, diffId, repository);
  }
  const built: BuiltImage = {
    name: image.name,
    imageId,
    configText: config.text,
    diffIds,
    chainIds: layers.map((layer) => layer.chainId),
    cacheIds: layers.map((layer) => layer.cacheId),
    references,
  };
  return { spec: image, layers, config, built };
}

function builtStore(
  paths: StorePaths,
  images: readonly BuiltImage[],
  containers: readonly BuiltContainer[],
): BuiltStore {
  const imagesByName = new Map(images.map((image) => [image.name, image]));
  const containersByName = new Map(containers.map((container) => [container.name, container]));
  const image = (name: string): BuiltImage => find(imagesByName, name);
  return {
    root: paths.root,
    paths,
    images,
    containers,
    image,
    container: (name) => find(containersByName, name),
    diffOf: (name, layer) => join(paths.overlay, at(image(name).cacheIds, layer), 'diff'),
    layerdbOf: (name, layer) => join(paths.layers, hexOf(at(image(name).chainIds, layer))),
  };
}

function find<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`test store: nothing (earlier) is named "${name}"`);
  return found;
}

function at(list: readonly string[], index: number): string {
  const item = list.at(index);
  if (item === undefined) throw new Error(`test store: there is no layer ${index}`);
  return item;
}
