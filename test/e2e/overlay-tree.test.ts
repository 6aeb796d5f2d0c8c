/**
 * The merged tree against the kernel: random stacks of layers, mounted with overlayfs, must look
 * exactly as `treeOf` says.
 */
import { spawnSync } from 'node:child_process';
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
import { END_OF_ARCHIVE, headerBytes, paddingOf } from '../support/store/tar-header.ts';
import type { TarHeader } from '../support/store/tar-header.ts';
import { sweepFolder, tempFolder } from './support/cleanup.ts';

type Kind = 'dir' | 'opaque' | 'file' | 'symlink' | 'hardlink' | 'whiteout' | 'fifo' | 'char';

interface Item {
  readonly kind: Kind;
  readonly mode: number;
  readonly owner: number;
}

/** One layer: what is at each path; parents come before what is in them. */
type Layer = ReadonlyMap<string, Item>;

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
  mkdirSync(diff, { recursive: true });
  const members = [...items].map(([path, item]) => member(path, item, items, at));
  const archive = Buffer.concat([...members, END_OF_ARCHIVE]);
  const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '--same-owner'];
  must('tar', ['-C', diff, ...options, '-xpf', '-'], archive);
  return { ...ids, index: walkLayer(layout, hexOf(ids.chainId)) };
}

function idOf({ chainId }: IndexedLayer): string {
  return hexOf(chainId);
}

function member(path: string, { kind, mode, owner }: Item, items: Layer, at: number): Buffer {
  // A hard link goes to the first file of the layer, which is in front of it.
  const [file] = [...items].find(([, other]) => other.kind === 'file') ?? [path];
  const isLink = kind === 'hardlink' && file < path;
  const content = kind === 'file' || (kind === 'hardlink' && !isLink) ? `${at} ${path}` : '';
  const types = {
    dir: '5',
    opaque: '5',
    symlink: '2',
    whiteout: '3',
    fifo: '6',
    char: '3',
  } as const;
  const header: TarHeader = {
    name: path === '' ? './' : path,
    type: kind === 'file' ? '0' : kind === 'hardlink' ? (isLink ? '1' : '0') : types[kind],
    mode,
    uid: owner,
    gid: owner,
    mtime: 0,
    size: content.length,
    ...(kind === 'symlink' ? { linkName: 'b' } : isLink ? { linkName: file } : {}),
    ...(kind === 'char' ? { major: 1, minor: 3 } : {}),
    ...(kind === 'opaque' ? { xattrs: OPAQUE } : {}),
  };
  return Buffer.concat([
    headerBytes(header),
    Buffer.from(content, 'latin1'),
    paddingOf(content.length),
  ]);
}

const OPAQUE = new Map([['trusted.overlay.opaque', Buffer.from('y')]]);

/** A line for everything in a tree, sorted. */
function treeLines(layout: Layout, tree: MergedTree): string[] {
  const nodes = [{ path: '', node: tree.root }, ...walk(tree)];
  return nodes.map(({ path, node }) => treeLine(layout, path, node)).sort();
}

function treeLine(layout: Layout, path: string, { entry, layer: from }: TreeNode): string {
  const { type, mode, uid, gid, size, target, device } = entry;
  const attributes = `${path} ${type} ${mode.toString(8)} ${uid}:${gid} ${size}`;
  if (type !== 'file') return `${attributes} ${target ?? device ?? ''}`;
  const file = readLayerFile(layout, idOf(from!), path, { limit: 1000 });
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

/** Few names, so that layers meet; one of them is no UTF-8. */
function arbitraryLayer(): fc.Arbitrary<Layer> {
  const name = fc.constantFrom('a', 'b', '\xff\n');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const kind = fc.constantFrom<Kind>(
    ...([
      'dir',
      'dir',
      'opaque',
      'file',
      'file',
      'symlink',
      'hardlink',
      'whiteout',
      'whiteout',
    ] as const),
    ...(['fifo', 'char'] as const),
  );
  const mode = fc.constantFrom(0o644, 0o4755, 0o1777, 0o0);
  const item = fc.record({ kind, mode, owner: fc.constantFrom(0, 1, 70_000) });
  return fc.array(fc.tuple(path, item), { maxLength: 12 }).map(possible);
}

/** What of it can be in one layer: a path is one thing, and only directories have something in them. */
function possible(wanted: readonly (readonly [string, Item])[]): Layer {
  const items = new Map<string, Item>();
  for (const [path, item] of wanted) {
    const parents = path.split('/').map((_, depth, names) => names.slice(0, depth).join('/'));
    const isBlocked = parents.some((parent) => {
      const there = items.get(parent)?.kind ?? 'dir';
      return there !== 'dir' && there !== 'opaque';
    });
    if (isBlocked || items.has(path)) continue;
    for (const parent of parents.slice(1)) {
      if (!items.has(parent)) items.set(parent, { kind: 'dir', mode: 0o755, owner: 0 });
    }
    items.set(
      path,
      item.kind === 'whiteout' || item.kind === 'symlink' ? { ...item, mode: 0o777 } : item,
    );
  }
  return new Map([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function layer(kinds: Record<string, Kind>): Layer {
  return possible(
    Object.entries(kinds).map(([path, kind]) => [path, { kind, mode: 0o700, owner: 1 }]),
  );
}

function must(file: string, args: readonly string[], input = Buffer.alloc(0)): void {
  const { status, stderr, error } = spawnSync(file, args, { input, encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`${file}: ${stderr}`, { cause: error });
}
