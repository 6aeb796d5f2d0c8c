import { expect } from 'chai';

import type { IndexedLayer } from '../../../src/domain/layer-index.ts';
import { EMPTY_TREE, layerOn, treeOf, walk } from '../../../src/domain/merged-tree.ts';
import { treeDelta, type DeltaOptions } from '../../../src/plan/overlay/tree-delta.ts';
import { layer } from '../../domain/example-layers.ts';

describe('plan/overlay/tree-delta', () => {
  it('is a whole tree when there is nothing below', () => {
    const only = layer({ '': 'dir', etc: 'dir', 'etc/a': '1', b: '-> a' });
    expect(delta([], [only])).to.deep.equal({
      directories: ['', 'etc'],
      files: ['b', 'etc/a'],
      whiteouts: [],
    });
  });

  it('has only the root when both trees are the same', () => {
    const shared = layer({ '': 'dir', etc: 'dir', 'etc/a': '1' });
    expect(delta([shared], [shared])).to.deep.equal({
      directories: [''],
      files: [],
      whiteouts: [],
    });
  });

  it('takes what differs, with the directories on the way, and leaves the rest', () => {
    const shared = layer({ '': 'dir', etc: 'dir', 'etc/a': '1', usr: 'dir', 'usr/b': '2' });
    const more = layer({ '': 'dir', etc: 'dir', 'etc/c': '3' });
    expect(delta([shared], [shared, more])).to.deep.equal({
      directories: ['', 'etc'],
      files: ['etc/c'],
      whiteouts: [],
    });
  });

  it('takes an equal file of another layer: equal attributes are no proof of equal bytes', () => {
    expect(
      delta([layer({ '': 'dir', a: '1' })], [layer({ '': 'dir', a: '1' })]).files,
    ).to.deep.equal(['a']);
  });

  it('hides what is gone, name by name, and a directory by its own', () => {
    const old = layer({
      '': 'dir',
      a: '1',
      d: 'dir',
      'd/x': '2',
      e: 'dir',
      'e/x': '3',
      'e/y': '4',
    });
    const wanted = layer({ '': 'dir', e: 'dir', 'e/x': '5' });
    expect(delta([old], [wanted]).whiteouts).to.deep.equal(['a', 'd', 'e/y']);
  });

  it('hides each name under an opaque directory', () => {
    const old = layer({ '': 'dir', d: 'dir', 'd/x': '1', 'd/y': '2' });
    const opaque = layer({ '': 'dir', d: 'dir', 'd/.wh..wh..opq': '', 'd/z': '3' });
    expect(delta([old], [old, opaque])).to.deep.equal({
      directories: ['', 'd'],
      files: ['d/z'],
      whiteouts: ['d/x', 'd/y'],
    });
  });

  it('hides nothing below what is another kind of thing', () => {
    const old = layer({ '': 'dir', a: 'dir', 'a/x': '1', b: '2', c: '-> b' });
    const wanted = layer({ '': 'dir', a: '-> b', b: 'dir', 'b/x': '3', c: 'dir' });
    expect(delta([old], [wanted])).to.deep.equal({
      directories: ['', 'b', 'c'],
      files: ['a', 'b/x'],
      whiteouts: [],
    });
  });

  it('brings back what the tree below hides', () => {
    const shared = layer({ '': 'dir', etc: 'dir', 'etc/a': '1' });
    const old = layer({ '': 'dir', etc: 'dir', 'etc/.wh.a': '' });
    expect(delta([shared, old], [shared]).files).to.deep.equal(['etc/a']);
  });

  it('takes a directory that has other attributes, without its files', () => {
    const shared = layer({ '': 'dir', d: 'dir', 'd/x': '1' });
    const chmod = layer({ '': 'dir', d: 'dir' });
    expect(delta([shared], [shared, chmod])).to.deep.equal({
      directories: ['', 'd'],
      files: [],
      whiteouts: [],
    });
  });

  it('leaves in place what only the old tree has when it is told to', () => {
    const old = layer({ '': 'dir', a: '1', d: 'dir', 'd/x': '2' });
    const wanted = layer({ '': 'dir', b: '3', d: '-> b' });
    expect(delta([old], [wanted], { keepOld: true })).to.deep.equal({
      directories: [''],
      files: ['b', 'd'],
      whiteouts: [],
    });
  });

  it('takes all names of a file of which one is taken', () => {
    const linked = withLinks(layer({ '': 'dir', a: '1', b: '1', c: '1', d: '4' }), ['a', 'b', 'c']);
    const old = layer({ '': 'dir', b: '2', '.wh.c': '' });
    const wanted = layer({ '': 'dir', '.wh.a': '' });
    const { files, whiteouts } = delta([linked, old], [linked, wanted]);
    expect(files).to.deep.equal(['b', 'c']);
    expect(whiteouts).to.deep.equal(['a']);
    expect(delta([linked, old], [linked]).files).to.deep.equal(['a', 'b', 'c']);
  });

  it('gives, laid on the first tree, the second one', () => {
    const shared = layer({ '': 'dir', a: 'dir', 'a/b': 'dir', 'a/b/c': '1', x: '-> a' });
    const old = layer({ '': 'dir', x: 'dir', 'x/y': '2', a: 'dir', 'a/.wh.b': '' });
    const wanted = layer({ '': 'dir', a: 'dir', 'a/b': '3', z: 'dir', 'z/z': '4' });
    const from = treeOf([shared, old]);
    const to = treeOf([shared, wanted]);
    const { directories, files, whiteouts } = treeDelta(from, to);
    const top: IndexedLayer = {
      ...wanted,
      index: {
        entries: [...directories, ...files].map(({ node }) => node.entry),
        whiteouts: new Set(whiteouts),
        opaque: new Set(),
        source: 'directory',
      },
    };
    const entries = (tree: typeof to): unknown[] =>
      [...walk(tree)].map(({ path, node }) => [path, node.entry]).sort();
    expect(entries(layerOn(from, top))).to.deep.equal(entries(to));
  });
});

function delta(
  from: readonly IndexedLayer[],
  to: readonly IndexedLayer[],
  options?: DeltaOptions,
): Record<'directories' | 'files' | 'whiteouts', string[]> {
  const tree = from.length === 0 ? EMPTY_TREE : treeOf(from);
  const { directories, files, whiteouts } = treeDelta(tree, treeOf(to), options);
  return {
    directories: directories.map(({ path }) => path),
    files: files.map(({ path }) => path).sort(),
    whiteouts: [...whiteouts].sort(),
  };
}

/** The layer with these paths as names of one file. */
function withLinks(layerOf: IndexedLayer, [first, ...others]: readonly string[]): IndexedLayer {
  const entries = layerOf.index.entries.map((entry) =>
    others.includes(entry.path) ? { ...entry, hardLinkOf: first } : entry,
  );
  return { ...layerOf, index: { ...layerOf.index, entries } };
}
