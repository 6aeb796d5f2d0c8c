/**
 * The merged tree against the kernel: random stacks of layers, mounted with overlayfs, must look
 * exactly as `treeOf` says.
 */
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import { asChainID, asDiffID, hexOf, sha256Hex } from '../../src/domain/digest.ts';
import type { IndexedLayer } from '../../src/domain/layer-index.ts';
import { treeOf, walk, type MergedTree, type TreeNode } from '../../src/domain/merged-tree.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { readLayerFile } from '../../src/store/read-layer-file.ts';
import { walkLayer } from '../../src/store/walk-layer.ts';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { must } from './support/must.ts';
import {
  arbitraryLayer,
  layer,
  writeLayer,
  type Item,
  type Layer,
} from './support/random-layers.ts';

describe('the merged tree', () => {
  let folder: string;
  before(() => {
    folder = tempFolder();
  });
  after(() => {
    sweepFolder(folder);
  });

  it('is what overlayfs shows', () => {
    fc.assert(
      fc.property(fc.array(arbitraryLayer(), { minLength: 1, maxLength: 5 }), (stack) => {
        expectLikeKernel(stack);
      }),
      { numRuns: 40 },
    );
  });

  const known: [string, readonly Layer[]][] = [
    ['an opaque mark on the root', [layer({ a: 'file' }), layer({ '': 'opaque', b: 'file' })]],
    [
      'a directory over a file over a directory',
      [
        layer({ a: 'dir', 'a/b': 'file' }),
        layer({ a: 'file' }),
        layer({ a: 'dir', 'a/c': 'file' }),
      ],
    ],
    [
      'a directory over a deleted one',
      [layer({ a: 'dir', 'a/b': 'file' }), layer({ a: 'whiteout' }), layer({ a: 'dir' })],
    ],
    [
      'a directory over an opaque one',
      [layer({ a: 'dir', 'a/b': 'file' }), layer({ a: 'opaque' }), layer({ a: 'dir' })],
    ],
    [
      'a directory over a symlink to a directory',
      [layer({ a: 'symlink', b: 'dir' }), layer({ a: 'dir', 'a/c': 'file' })],
    ],
    ['a deletion of nothing, lowest of all', [layer({ a: 'whiteout' })]],
  ];
  for (const [name, stack] of known) {
    it(`shows ${name} as overlayfs does`, () => {
      expectLikeKernel(stack);
    });
  }

  function expectLikeKernel(stack: readonly Layer[]): void {
    const root = join(folder, 'store');
    const target = join(folder, 'merged');
    const layout = layoutOf(root);
    mkdirSync(target, { recursive: true });
    // One layer alone cannot be mounted: below all of them is an empty one.
    const layers = [new Map<string, Item>(), ...stack].map((each, at) => write(layout, each, at));
    const lower = layers.map((each) => join(layout.overlay, idOf(each), 'diff')).reverse();
    must('mount', ['-t', 'overlay', '-o', `ro,lowerdir=${lower.join(':')}`, 'overlay', target]);
    try {
      expect(treeLines(layout, treeOf(layers))).to.deep.equal(mountLines(target));
    } finally {
      must('umount', [target]);
      rmSync(root, { recursive: true });
    }
  }
});

/** Writes a layer as overlay2 has it, and reads its index back from there. */
function write(layout: Layout, items: Layer, at: number): IndexedLayer {
  const digest = `sha256:${sha256Hex(`layer ${at}`)}`;
  const ids = { chainId: asChainID(digest)!, diffId: asDiffID(digest)! };
  const diff = join(layout.overlay, hexOf(ids.chainId), 'diff');
  writeLayer(diff, items, at);
  return { ...ids, index: walkLayer(layout, hexOf(ids.chainId)) };
}

function idOf({ chainId }: IndexedLayer): string {
  return hexOf(chainId);
}

/** A line for everything in a tree, sorted. */
function treeLines(layout: Layout, tree: MergedTree): string[] {
  const nodes = [{ path: '', node: tree.root }, ...walk(tree)];
  return nodes.map(({ path, node }) => treeLine(layout, path, node)).sort();
}

function treeLine(layout: Layout, path: string, { entry, layer: from }: TreeNode): string {
  const { type, mode, uid, gid, size, target, device } = entry;
  const attributes = `${path} ${type} ${mode.toString(8)} ${uid}:${gid} ${size}`;
  if (type !== 'file') return `${attributes} ${target ?? device ?? ''}`;
  const file = readLayerFile(layout, idOf(from!), path, { limit: 100_000 });
  return `${attributes} ${'bytes' in file ? file.bytes.toString('latin1') : file.reason}`;
}

/** The same lines for what is mounted. */
function mountLines(target: string): string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const place = Buffer.from(`${target}/${path}`, 'latin1');
    const stats = lstatSync(place, { throwIfNoEntry: false });
    // A directory that is of one layer only lists deleted names, which then are not there.
    if (stats === undefined) return;
    const isFile = stats.isFile();
    const attributes = `${path} ${typeOf(stats)} ${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid} ${isFile ? stats.size : 0}`;
    if (isFile) lines.push(`${attributes} ${readFileSync(place).toString('latin1')}`);
    else if (stats.isSymbolicLink()) lines.push(`${attributes} ${readlinkSync(place)}`);
    else lines.push(`${attributes} ${stats.isCharacterDevice() ? '1:3' : ''}`);
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(place, { encoding: 'buffer' })) {
      visit(`${path === '' ? '' : `${path}/`}${name.toString('latin1')}`);
    }
  };
  visit('');
  return lines.sort();
}

function typeOf(stats: ReturnType<typeof lstatSync>): string {
  if (stats!.isFile()) return 'file';
  if (stats!.isDirectory()) return 'directory';
  if (stats!.isSymbolicLink()) return 'symlink';
  return stats!.isFIFO() ? 'fifo' : 'char';
}
