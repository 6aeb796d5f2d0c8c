/** Layers on disk: the layerdb entry and the overlay2 directory of each chain, written once. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorePaths } from './data-root.ts';
import { buildkitCacheId, classicCacheId, hexOf, linkOf, sha256Hex } from './ids.ts';
import { archiveLayer } from './layer-archive.ts';
import type { LayerArchive } from './layer-archive.ts';
import { entriesOf } from './layer-entries.ts';
import type { Entry } from './layer-entries.ts';
import { writeLayerFiles } from './layer-files.ts';
import type { Postponed } from './special-files.ts';
import type { LayerSpec } from './store-spec.ts';

/** A layer in its place: what stands above it needs these facts. */
export interface StoredLayer {
  readonly chainId: string;
  readonly diffId: string;
  readonly cacheId: string;
  readonly link: string;
  /** The content of `lower`; undefined for a base layer. */
  readonly lower: string | undefined;
}

export interface LayerStore {
  readonly paths: StorePaths;
  readonly postponed: Postponed;
  readonly byChain: Map<string, StoredLayer>;
  readonly committed: Set<string>;
}

/** Puts the layer on top of `parent`, or finds the chain that an earlier image brought. */
export function addLayer(
  store: LayerStore,
  layer: LayerSpec,
  parent: StoredLayer | undefined,
  buildkit: boolean,
): StoredLayer {
  const { entries, archive } = prepare(layer);
  const chainId =
    parent === undefined
      ? archive.diffId
      : `sha256:${sha256Hex(`${parent.chainId} ${archive.diffId}`)}`;
  const known = store.byChain.get(chainId);
  if (known !== undefined) return known;

  const cacheId = buildkit ? buildkitCacheId(chainId) : classicCacheId(chainId);
  const { link, lower } = addOverlayDirectory(store, cacheId, parent);
  writeLayerFiles(join(store.paths.overlay, cacheId, 'diff'), entries, store.postponed);
  const stored: StoredLayer = { chainId, diffId: archive.diffId, cacheId, link, lower };

  const directory = join(store.paths.layers, hexOf(chainId));
  mkdirSync(directory, { mode: 0o700 });
  const write = (name: string, content: string | Buffer): void => {
    writeFileSync(join(directory, name), content, { mode: 0o644 });
  };
  write('diff', archive.diffId);
  write('size', String(archive.size));
  write('cache-id', cacheId);
  if (parent !== undefined) write('parent', parent.chainId);
  write('tar-split.json.gz', archive.tarSplit);
  store.byChain.set(chainId, stored);
  return stored;
}

/** Makes overlay2/NAME with `diff`, `link`, `l/` entry, and `lower` and `work` above a parent. */
export function addOverlayDirectory(
  store: LayerStore,
  name: string,
  parent: { cacheId: string; link: string; lower: string | undefined } | undefined,
): { link: string; lower: string | undefined } {
  const directory = join(store.paths.overlay, name);
  const link = linkOf(name);
  mkdirSync(directory, { mode: 0o710 });
  mkdirSync(join(directory, 'diff'), { mode: 0o755 });
  writeFileSync(join(directory, 'link'), link, { mode: 0o644 });
  symlinkSync(`../${name}/diff`, join(store.paths.overlay, 'l', link));
  if (parent === undefined) return { link, lower: undefined };

  const lower = `l/${parent.link}${parent.lower === undefined ? '' : `:${parent.lower}`}`;
  writeFileSync(join(directory, 'lower'), lower, { mode: 0o644 });
  mkdirSync(join(directory, 'work'), { mode: 0o700 });
  // The driver marks a layer as committed when its first child is made.
  if (!store.committed.has(parent.cacheId)) {
    store.committed.add(parent.cacheId);
    writeFileSync(join(store.paths.overlay, parent.cacheId, 'committed'), '', { mode: 0o600 });
  }
  return { link, lower };
}

/** The same spec object is archived once, however many images stand on it. */
function prepare(layer: LayerSpec): { entries: Entry[]; archive: LayerArchive } {
  let prepared = PREPARED.get(layer);
  if (prepared === undefined) {
    const entries = entriesOf(layer);
    prepared = { entries, archive: archiveLayer(entries) };
    PREPARED.set(layer, prepared);
  }
  return prepared;
}

const PREPARED = new WeakMap<LayerSpec, { entries: Entry[]; archive: LayerArchive }>();
