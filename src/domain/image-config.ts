/**
 * The image config (imagedb/content/sha256/<id>) as far as a rebase reads it.
 * Source: OCI image-spec config.md; moby image/image.go; store.md 1.4.
 */
import { asDiffID, type DiffID } from './digest.ts';
import { foldsTo, parseJson } from './json-text.ts';

/** What os, architecture and variant an image is for; empty text means "not said". */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** One line of `docker history`. */
export interface HistoryEntry {
  readonly createdBy: string;
  readonly comment: string;
  readonly author: string;
  readonly created: string;
  /** True for an instruction that made no layer (ENV, CMD, ...). */
  readonly emptyLayer: boolean;
}

export interface ImageConfig {
  readonly diffIds: readonly DiffID[];
  readonly history: readonly HistoryEntry[];
  readonly platform: Platform;
  readonly created: string;
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * Reads a config from its text, by Go's rules for keys (case is ignored).
 * Throws SyntaxError, naming what is wrong, for what dockerd could not use either: no JSON object,
 * no rootfs, DiffIDs that are no digests, an operating system other than Linux.
 */
export function parseImageConfig(text: string): ImageConfig {
  const root = objectOf(parseJson(text));
  if (root === undefined) throw new SyntaxError('it is no JSON object');
  const rootfs = objectOf(field(root, 'rootfs'));
  if (rootfs === undefined) throw new SyntaxError('it has no rootfs');
  const os = textOf(field(root, 'os'));
  if (os !== '' && os !== 'linux') throw new SyntaxError(`its os is ${JSON.stringify(os)}`);
  return {
    diffIds: diffIdsOf(field(rootfs, 'diff_ids')),
    history: historyOf(field(root, 'history')),
    platform: {
      os,
      architecture: textOf(field(root, 'architecture')),
      variant: textOf(field(root, 'variant')),
    },
    created: textOf(field(root, 'created')),
    labels: labelsOf(field(objectOf(field(root, 'config')) ?? {}, 'labels')),
  };
}

/** How many of these history entries made a layer. */
export function layersIn(history: readonly HistoryEntry[]): number {
  return history.reduce((count, entry) => count + (entry.emptyLayer ? 0 : 1), 0);
}

/**
 * Whether two entries tell of the same instruction. `created` is left out: a rebuilt base has
 * other times, and dockerd prints a base's times anew into the images built on it (store.md 9).
 */
export function sameInstruction(a: HistoryEntry, b: HistoryEntry): boolean {
  return (
    a.createdBy === b.createdBy &&
    a.comment === b.comment &&
    a.author === b.author &&
    a.emptyLayer === b.emptyLayer
  );
}

/** Whether `head` is how `whole` begins, entry by entry. */
export function historyStartsWith(
  whole: readonly HistoryEntry[],
  head: readonly HistoryEntry[],
): boolean {
  return (
    head.length <= whole.length &&
    head.every((entry, index) => {
      const other = whole[index];
      return other !== undefined && sameInstruction(entry, other);
    })
  );
}

/**
 * Whether os, architecture and variant are the same; what one of them does not say agrees with
 * anything, as for dockerd (OCI image-spec config.md: variant is optional).
 */
export function platformsAgree(a: Platform, b: Platform): boolean {
  const fields = ['os', 'architecture', 'variant'] as const;
  return fields.every((each) => a[each] === '' || b[each] === '' || a[each] === b[each]);
}

/** The architecture as docker prints a platform: `linux/amd64`, `linux/arm/v7`. */
export function platformName(platform: Platform): string {
  const parts = [platform.os || 'linux', platform.architecture || 'unknown', platform.variant];
  return parts.filter((part) => part !== '').join('/');
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function field(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((candidate) => foldsTo(candidate, name));
  return key === undefined ? undefined : object[key];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function diffIdsOf(value: unknown): DiffID[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new SyntaxError('its rootfs.diff_ids is no list');
  return value.map((item, index) => {
    const diffId = asDiffID(item);
    if (diffId === undefined) throw new SyntaxError(`its rootfs.diff_ids[${index}] is no digest`);
    return diffId;
  });
}

function historyOf(value: unknown): HistoryEntry[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new SyntaxError('its history is no list');
  return value.map((item, index) => {
    const entry = objectOf(item);
    if (entry === undefined) throw new SyntaxError(`its history[${index}] is no object`);
    return {
      createdBy: textOf(field(entry, 'created_by')),
      comment: textOf(field(entry, 'comment')),
      author: textOf(field(entry, 'author')),
      created: textOf(field(entry, 'created')),
      emptyLayer: field(entry, 'empty_layer') === true,
    };
  });
}

function labelsOf(value: unknown): ReadonlyMap<string, string> {
  const labels = objectOf(value) ?? {};
  return new Map(Object.entries(labels).map(([key, label]) => [key, textOf(label)]));
}
