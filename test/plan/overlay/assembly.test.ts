import { expect } from 'chai';

import type { IndexedLayer } from '../../../src/domain/layer-index.ts';
import { EMPTY_TREE, treeOf } from '../../../src/domain/merged-tree.ts';
import { assemblyOf } from '../../../src/plan/overlay/assembly.ts';
import { treeDelta } from '../../../src/plan/overlay/tree-delta.ts';
import { layer } from '../../domain/example-layers.ts';

describe('plan/overlay/assembly', () => {
  it('names for everything the folder that it is taken from, each folder once', () => {
    const low = layer({ '': 'dir', etc: 'dir', 'etc/a': '1', 'etc/b': '22' });
    const high = layer({ '': 'dir', etc: 'dir', 'etc/c': '333' });
    const asked: IndexedLayer[] = [];
    const { sources, directories, files } = assemblyOf(
      treeDelta(EMPTY_TREE, treeOf([low, high])),
      (from) => {
        asked.push(from);
        return { folder: from === low ? '/low' : '/high', owned: from === high };
      },
    );
    expect(asked).to.have.members([low, high]).and.length(2);
    const folderOf = ({ source }: { source: number }): string => sources[source]!.folder;
    expect(directories.map((each) => [each.path, folderOf(each)])).to.deep.equal([
      ['', '/high'],
      ['etc', '/high'],
    ]);
    expect(files.map((each) => [each.path, each.size, folderOf(each)]).sort()).to.deep.equal([
      ['etc/a', 1, '/low'],
      ['etc/b', 2, '/low'],
      ['etc/c', 3, '/high'],
    ]);
    expect(sources.find(({ folder }) => folder === '/high')!.owned).to.equal(true);
  });

  it('links the names that are taken to the first of them', () => {
    const plain = layer({ '': 'dir', a: '1', b: '1', c: '1', d: '4' });
    const entries = plain.index.entries.map((entry) =>
      ['b', 'c'].includes(entry.path) ? { ...entry, hardLinkOf: 'a' } : entry,
    );
    const linked = { ...plain, index: { ...plain.index, entries } };
    const without = layer({ '': 'dir', '.wh.a': '' });
    const { files } = assemblyOf(treeDelta(EMPTY_TREE, treeOf([linked, without])), () => ({
      folder: '/x',
      owned: false,
    }));
    expect(files.map(({ path, hardLinkOf }) => [path, hardLinkOf])).to.have.deep.members([
      ['b', undefined],
      ['c', 'b'],
      ['d', undefined],
    ]);
  });

  it('takes no tree with a directory that no folder has', () => {
    const delta = treeDelta(EMPTY_TREE, treeOf([layer({ 'etc/a': '1' })]));
    expect(() => assemblyOf(delta, () => ({ folder: '/x', owned: false }))).to.throw(/of no layer/);
  });
});
