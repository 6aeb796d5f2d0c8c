/** Stacks of folders whose top is exchanged as an overlay version does it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { assembleDiff } from '../../../src/apply/overlay/assemble-diff.ts';
import { hostDisk } from '../../../src/apply/disk.ts';
import { asChainID, asDiffID, sha256Hex } from '../../../src/domain/digest.ts';
import type { IndexedLayer } from '../../../src/domain/layer-index.ts';
import { layerOn, treeOf, type MergedTree } from '../../../src/domain/merged-tree.ts';
import type { CloneMode } from '../../../src/domain/report.ts';
import { assemblyOf } from '../../../src/plan/overlay/assembly.ts';
import { treeDelta, type DeltaOptions } from '../../../src/plan/overlay/tree-delta.ts';
import { walkFolder } from '../../../src/store/walk-layer.ts';
import { linesOf, viewOf, type View } from './mounted-view.ts';
import { writeLayer, type Layer } from './random-layers.ts';

const ROOT = { uid: 0, gid: 0 };

/** A folder in OverlayFS form, as it was walked. */
export interface Folder {
  readonly path: string;
  readonly layer: IndexedLayer;
}

/** Layers of a stack, lowest first. */
export type Stack = readonly Folder[];

/** Everything below one folder, which the caller removes. */
export class OverlayBench {
  readonly #root: string;
  readonly #folders = new Map<IndexedLayer, { readonly path: string; readonly owned: boolean }>();
  #made = 0;

  constructor(parent: string) {
    this.#root = join(parent, 'bench');
    mkdirSync(this.#root);
  }

  remove(): void {
    execFileSync('rm', ['-rf', this.#root]);
  }

  stack(layers: readonly Layer[]): Stack {
    return layers.map((items) => {
      const path = this.#newPath();
      writeLayer(path, items, this.#made);
      return this.walked(path);
    });
  }

  /** A folder that was filled by hand. `owned`: its files may be moved. */
  walked(path: string, owned = false): Folder {
    const digest = `sha256:${sha256Hex(path)}`;
    const ids = { chainId: asChainID(digest)!, diffId: asDiffID(digest)! };
    const layer = { ...ids, index: walkFolder(path, ROOT) };
    this.#folders.set(layer, { path, owned });
    return { path, layer };
  }

  /** A new empty folder to fill by hand. */
  emptyFolder(): string {
    const path = this.#newPath();
    mkdirSync(path);
    return path;
  }

  /** The folder that on top of one tree shows another. */
  async delta(
    from: MergedTree,
    to: MergedTree,
    mode: CloneMode,
    options: DeltaOptions & { readonly owned?: boolean } = {},
  ): Promise<Folder> {
    const target = this.#newPath();
    const assembly = assemblyOf(treeDelta(from, to, options), (layer) => {
      const { path, owned } = this.#folders.get(layer)!;
      return { folder: path, owned };
    });
    await assembleDiff({ disk: hostDisk, assembly, target, mode, owner: ROOT });
    return this.walked(target, options.owned);
  }

  /** The stack `old` with another folder as its top, through which `wanted` is seen. */
  async switched(old: Stack, wanted: MergedTree, mode: CloneMode): Promise<Stack> {
    const below = old.slice(0, -1);
    return [...below, await this.delta(treeOfStack(below), wanted, mode)];
  }

  /** What a bundle that was made for the tree of one stack carries, to show another. */
  async bundle(from: Stack, to: Stack, mode: CloneMode, options?: DeltaOptions): Promise<Folder> {
    return this.delta(treeOfStack(from), treeOfStack(to), mode, { ...options, owned: true });
  }

  view(stack: Stack): View {
    return viewOf(stack.map(({ path }) => path).reverse(), this.#root);
  }

  lines(stack: Stack): string[] {
    return linesOf(this.view(stack));
  }

  #newPath(): string {
    this.#made += 1;
    return join(this.#root, `folder-${this.#made}`);
  }
}

export function treeOfStack(stack: Stack): MergedTree {
  return treeOf(stack.map(({ layer }) => layer));
}

/** The tree of a stack with a bundle's folder on top. */
export function withBundle(stack: Stack, { layer }: Folder): MergedTree {
  return layerOn(treeOfStack(stack), layer);
}
