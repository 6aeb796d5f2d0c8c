import { expect } from 'chai';

import { treeOf } from '../../../src/domain/merged-tree.ts';
import { countsByDirectory } from '../../../src/domain/overlay/file-changes.ts';
import { fileChanges } from '../../../src/plan/overlay/file-changes.ts';
import { layer } from '../../domain/example-layers.ts';

describe('plan/overlay/file-changes', () => {
  const shared = layer({ '': 'dir', usr: 'dir', 'usr/lib': 'dir', 'usr/lib/z': '0' });
  const current = treeOf([
    shared,
    layer({ '': 'dir', etc: 'dir', 'etc/a': '1', 'etc/b': '2', old: 'dir', 'old/x': '3', k: '9' }),
  ]);
  const target = treeOf([
    shared,
    layer({
      ...{ '': 'dir', etc: 'dir', 'etc/a': '1', 'etc/b': '22', k: '-> etc' },
      ...{ new: 'dir', 'new/deep': 'dir', 'new/deep/y': '4' },
    }),
  ]);

  it('lists what is added, changed and deleted, also below directories, by path', () => {
    const { changes, counts } = fileChanges(
      current,
      target,
      (a, b) => a.entry.size === b.entry.size,
    );
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal([
      'changed etc/b',
      'changed k',
      'added new',
      'added new/deep',
      'added new/deep/y',
      'deleted old',
      'deleted old/x',
    ]);
    expect(counts).to.deep.equal({ added: 3, changed: 2, deleted: 2 });
    expect(changes[0]!.before!.entry.size).to.equal(1);
    expect(changes[0]!.after!.entry.size).to.equal(2);
  });

  it('asks only about names that both have from different places, with one type', () => {
    const asked: string[] = [];
    fileChanges(current, target, (_before, _after, path) => asked.push(path) > 0);
    expect(asked.sort()).to.deep.equal(['', 'etc', 'etc/a', 'etc/b']);
  });

  it('finds nothing between a tree and itself', () => {
    expect(fileChanges(current, current, () => false).changes).to.deep.equal([]);
  });

  it('lists everything below a directory that becomes a file', () => {
    const after = treeOf([layer({ '': 'dir', usr: '1' })]);
    const { changes } = fileChanges(treeOf([shared]), after, () => true);
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal([
      'changed usr',
      'deleted usr/lib',
      'deleted usr/lib/z',
    ]);
  });

  it('counts by directory, to a depth', () => {
    const { changes } = fileChanges(current, target, () => true);
    expect([...countsByDirectory(changes, 1)]).to.deep.equal([
      ['', { added: 1, changed: 1, deleted: 1 }],
      ['new', { added: 2, changed: 0, deleted: 0 }],
      ['old', { added: 0, changed: 0, deleted: 1 }],
    ]);
    expect([...countsByDirectory(changes, 2).keys()]).to.deep.equal(['', 'new', 'new/deep', 'old']);
  });
});
