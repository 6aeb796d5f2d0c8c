/** Bundles of folders in OverlayFS form, packed as `overlay pack` does it. */
import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { writeBundle } from '../../src/apply/overlay/write-bundle.ts';
import { asDiffID, asImageID, chainIdsOf, sha256Hex } from '../../src/domain/digest.ts';
import type { IndexedLayer } from '../../src/domain/layer-index.ts';
import { treeOf, type MergedTree } from '../../src/domain/merged-tree.ts';
import type { Assembly } from '../../src/domain/overlay/assembly.ts';
import type { BundledBase, BundleManifest } from '../../src/domain/overlay/bundle.ts';
import { assemblyOf } from '../../src/plan/overlay/assembly.ts';
import { bundleManifest } from '../../src/plan/overlay/bundle-manifest.ts';
import { treeDelta } from '../../src/plan/overlay/tree-delta.ts';
import { hashFiles } from '../../src/store/overlay/hash-files.ts';
import { walkFolder } from '../../src/store/walk-layer.ts';

export interface PackedBundle {
  readonly manifest: BundleManifest;
  readonly assembly: Assembly;
  readonly target: MergedTree;
  readonly size: number;
}

export interface PackRequest {
  /** Folders of layers, lowest first; those that both have are the same names. */
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly file: string;
  readonly disk?: Disk;
  readonly signal?: AbortSignal;
  readonly union?: boolean;
}

/** Packs what makes the old stack look like the new one. */
export async function packBundle(request: PackRequest): Promise<PackedBundle> {
  const planned = await planBundle(request);
  const { file, disk = hostDisk, signal } = request;
  const size = await writeBundle({ ...planned, disk, file, signal });
  return { ...planned, size };
}

/** The same without writing. */
export async function planBundle(request: PackRequest): Promise<Omit<PackedBundle, 'size'>> {
  const layers = new Map<string, IndexedLayer>();
  const folders = new Map<IndexedLayer, string>();
  const stack = (names: readonly string[]): IndexedLayer[] =>
    names.map((folder) => {
      const known = layers.get(folder);
      if (known !== undefined) return known;
      const [chainId] = chainIdsOf([diffIdOf(folder)]);
      const index = walkFolder(folder, { uid: 0, gid: 0 });
      const layer = { chainId: chainId!, diffId: diffIdOf(folder), index };
      layers.set(folder, layer);
      folders.set(layer, folder);
      return layer;
    });
  const target = treeOf(stack(request.new));
  const delta = treeDelta(treeOf(stack(request.old)), target, { keepOld: request.union === true });
  const assembly = assemblyOf(delta, (layer) => ({ folder: folders.get(layer)!, owned: false }));
  const facts = {
    tool: '0.0.0',
    architecture: 'amd64',
    os: 'linux',
    variant: undefined,
    old: exampleBase('base:1', ['one']),
    new: exampleBase('base:2', ['two']),
    version: '2',
    union: request.union === true,
    root: { uid: 0, gid: 0 },
  };
  const manifest = bundleManifest(facts, target, assembly, await hashFiles(assembly));
  return { manifest, assembly, target };
}

/** A base of layers that are named by words. */
export function exampleBase(name: string, layers: readonly string[]): BundledBase {
  const diffIds = layers.map(diffIdOf);
  return {
    name,
    imageId: asImageID(`sha256:${sha256Hex(name)}`)!,
    chainId: chainIdsOf(diffIds).at(-1)!,
    diffIds,
  };
}

function diffIdOf(word: string): NonNullable<ReturnType<typeof asDiffID>> {
  return asDiffID(`sha256:${sha256Hex(word)}`)!;
}
