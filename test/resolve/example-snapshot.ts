/**
 * Small stores in memory, written the way the cases are talked about: layers by name, history as
 * one text a line, with `(e)` behind an entry that made no layer.
 */
import { imageIdOf, sha256Hex, type DiffID, type ImageID } from '../../src/domain/digest.ts';
import type {
  ContainerRecord,
  ImageRecord,
  Snapshot,
  TagRecord,
} from '../../src/domain/snapshot.ts';

export interface ExampleImage {
  /** Keys of repositories.json: `alpine:3.7`, `alpine@sha256:...`. */
  readonly tags?: readonly string[];
  /** Layers by name, bottom first; the same name is the same DiffID. */
  readonly layers: readonly string[];
  /** Left out: one entry for each layer. */
  readonly history?: readonly string[] | 'absent';
  /** When its history says it was made; differs between a base and its rebuild. */
  readonly created?: string;
  /** Top-level keys of the config besides those above. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** How the config is printed; compact when left out. */
  readonly print?: (config: unknown) => string;
  readonly parent?: ImageID;
}

const CREATED = '2020-01-01T00:00:00Z';

export function diffIdOf(layer: string): DiffID {
  return `sha256:${sha256Hex(`layer ${layer}`)}` as DiffID;
}

export function diffIdsOf(layers: readonly string[]): DiffID[] {
  return layers.map(diffIdOf);
}

/** Raw texts of history entries. */
export function rawHistory(lines: readonly string[], created = CREATED): string[] {
  return lines.map((line) => {
    const empty = line.endsWith('(e)');
    const createdBy = empty ? line.slice(0, -'(e)'.length).trimEnd() : line;
    return JSON.stringify({
      created,
      created_by: createdBy,
      ...(empty ? { empty_layer: true } : {}),
    });
  });
}

export function imageOf(image: ExampleImage): ImageRecord {
  const { layers, created = CREATED, extra, print = JSON.stringify } = image;
  const history = image.history ?? layers.map((layer) => `ADD ${layer}`);
  const text = print({
    architecture: 'amd64',
    author: image.tags?.join(' ') ?? '',
    ...(history === 'absent'
      ? {}
      : { history: rawHistory(history, created).map((raw): unknown => JSON.parse(raw)) }),
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIdsOf(layers) },
    ...extra,
  });
  return { id: imageIdOf(text), text, diffIds: diffIdsOf(layers), parent: image.parent };
}

export function snapshotOf(
  images: readonly ExampleImage[],
  containers: readonly ContainerRecord[] = [],
): Snapshot {
  const records = images.map((image) => ({ record: imageOf(image), tags: image.tags ?? [] }));
  return {
    images: new Map(records.map(({ record }) => [record.id, record])),
    brokenImages: new Map(),
    tags: tagsFrom(records.flatMap(({ record, tags }) => tags.map((key) => tagOf(key, record.id)))),
    layers: new Map(),
    containers,
  };
}

export function tagOf(key: string, imageId: ImageID): TagRecord {
  const digest = key.indexOf('@');
  const repository = key.slice(0, digest < 0 ? key.lastIndexOf(':') : digest);
  return { repository, key, imageId };
}

export function tagsFrom(records: readonly TagRecord[]): Snapshot['tags'] {
  const byKey = new Map(records.map((record) => [record.key, record]));
  const byImage = new Map<ImageID, string[]>();
  for (const { key, imageId } of byKey.values()) {
    byImage.set(imageId, [...(byImage.get(imageId) ?? []), key].sort());
  }
  return { byKey, byImage };
}

/** A store in which these keys name something else; `undefined` removes the key. */
export function retagged(
  snapshot: Snapshot,
  changes: Readonly<Record<string, ImageID | undefined>>,
): Snapshot {
  const records = new Map(snapshot.tags.byKey);
  for (const [key, imageId] of Object.entries(changes)) {
    if (imageId === undefined) records.delete(key);
    else records.set(key, tagOf(key, imageId));
  }
  return { ...snapshot, tags: tagsFrom([...records.values()]) };
}

/** A store without these images and whatever named them. */
export function without(snapshot: Snapshot, gone: readonly ImageID[]): Snapshot {
  return {
    ...snapshot,
    images: new Map([...snapshot.images].filter(([id]) => !gone.includes(id))),
    tags: tagsFrom([...snapshot.tags.byKey.values()].filter((tag) => !gone.includes(tag.imageId))),
  };
}
