import { expect } from 'chai';
import fc from 'fast-check';

import type { IndexedLayer } from '../../src/domain/layer-index.ts';
import {
  EMPTY_TREE,
  layerOn,
  lookup,
  nodeAt,
  treeOf,
  walk,
  type MergedTree,
  type TreeNode,
} from '../../src/domain/merged-tree.ts';
import { layer, type Word } from './example-layers.ts';

describe('domain/merged-tree', () => {
  describe('merges', () => {
    const cases: [string, Record<string, Word>[], Record<string, Word>][] = [
      ['no layers into nothing', [], {}],
      [
        'one layer as it is',
        [{ a: 'dir', 'a/b': 'x', c: '-> a' }],
        { a: 'dir', 'a/b': 'x', c: '-> a' },
      ],
      [
        'directories',
        [
          { a: 'dir', 'a/b': 'x' },
          { a: 'dir', 'a/c': 'y' },
        ],
        { a: 'dir', 'a/b': 'x', 'a/c': 'y' },
      ],
      ['an upper file over a lower one', [{ a: 'x' }, { a: 'y' }], { a: 'y' }],
      ['a later entry over an earlier one', [{ 'a/b': 'x', a: 'y' }], { a: 'y' }],
      [
        'a directory that comes after what is in it',
        [{ 'a/b': 'x', a: 'dir' }],
        { a: 'dir', 'a/b': 'x' },
      ],
      ['a directory named after a file', [{ a: 'y', 'a/b': 'x' }], { a: '(implied)', 'a/b': 'x' }],
      [
        'a deleted file',
        [{ 'a/b': 'x', 'a/c': 'y' }, { 'a/.wh.b': '' }],
        { a: '(implied)', 'a/c': 'y' },
      ],
      ['a deleted directory', [{ 'a/b/c': 'x' }, { 'a/.wh.b': '' }], { a: '(implied)' }],
      [
        'a name that is deleted and made again',
        [{ 'a/b': 'x' }, { '.wh.a': '', 'a/c': 'y' }],
        { a: '(implied)', 'a/c': 'y' },
      ],
      ['the deletion of nothing', [{ a: 'x' }, { 'q/.wh.b': '' }], { a: 'x', q: '(implied)' }],
      [
        'an opaque directory',
        [
          { 'a/b': 'x', 'a/d/e': 'z' },
          { a: 'dir', 'a/.wh..wh..opq': '', 'a/c': 'y' },
        ],
        { a: 'dir', 'a/c': 'y' },
      ],
      [
        'an opaque directory two layers below',
        [{ 'a/b': 'x' }, { 'a/.wh..wh..opq': '' }, { 'a/c': 'y' }],
        { a: '(implied)', 'a/c': 'y' },
      ],
      [
        'an opaque directory inside a merged one',
        [
          { 'a/b/c': 'x', 'a/d': 'x' },
          { 'a/b/.wh..wh..opq': '', 'a/b/e': 'y' },
        ],
        { a: '(implied)', 'a/b': '(implied)', 'a/b/e': 'y', 'a/d': 'x' },
      ],
      [
        'an opaque mark on the root not at all',
        [{ a: 'x' }, { '.wh..wh..opq': '', b: 'y' }],
        { a: 'x', b: 'y' },
      ],
      ['a file over a directory', [{ 'a/b': 'x' }, { a: 'y' }], { a: 'y' }],
      ['a symlink over a directory', [{ 'a/b': 'x' }, { a: '-> c' }], { a: '-> c' }],
      ['a directory over a file', [{ a: 'x' }, { 'a/b': 'y' }], { a: '(implied)', 'a/b': 'y' }],
      [
        'a directory over a symlink to a directory',
        [{ 'b/c': 'x', a: '-> b' }, { 'a/d': 'y' }],
        { a: '(implied)', 'a/d': 'y', b: '(implied)', 'b/c': 'x' },
      ],
      [
        'nothing through a file in between',
        [{ 'a/b': 'x' }, { a: 'y' }, { 'a/c': 'z' }],
        { a: '(implied)', 'a/c': 'z' },
      ],
      [
        'nothing through a deletion in between',
        [{ 'a/b': 'x' }, { '.wh.a': '' }, { 'a/c': 'z' }],
        { a: '(implied)', 'a/c': 'z' },
      ],
      [
        'the attributes of the top directory that is named',
        [{ a: 'dir' }, { 'a/b': 'x' }],
        { a: 'dir', 'a/b': 'x' },
      ],
      [
        'names that are words of the language',
        [{ constructor: 'x', __proto__x: 'y' }, { '.wh.toString': '' }],
        { __proto__x: 'y', constructor: 'x' },
      ],
    ];
    for (const [name, layers, expected] of cases) {
      it(name, () => {
        expect(wordsOf(treeOf(layers.map(layer)))).to.deep.equal(expected);
      });
    }
  });

  it('tells which layer each thing is from', () => {
    const [base, app] = [
      layer({ a: 'dir', 'a/b': 'x', 'q/r': 'x' }),
      layer({ 'a/c': 'y', q: 'dir' }),
    ];
    const tree = treeOf([base, app]);
    expect(nodeAt(tree, 'a')?.layer).to.equal(base);
    expect(nodeAt(tree, 'a/b')?.layer).to.equal(base);
    expect(nodeAt(tree, 'a/c')?.layer).to.equal(app);
    expect(nodeAt(tree, 'q')?.layer).to.equal(app);
    expect(tree.root.layer).to.equal(undefined);
  });

  it('takes the attributes of the root from the layer that names it', () => {
    expect(treeOf([layer({ a: 'x' })]).root.entry.mode).to.equal(0o755);
    expect(treeOf([layer({ '': 'dir' }), layer({ a: 'x' })]).root.entry.mode).to.equal(0o700);
  });

  it('leaves the tree below as it was, and shares what the layer does not touch', () => {
    const base = treeOf([layer({ 'a/b/c': 'x', 'd/e': 'y' })]);
    const before = wordsOf(base);
    const top = layerOn(base, layer({ 'a/b/.wh.c': '', 'a/n': 'z' }));
    expect(wordsOf(base)).to.deep.equal(before);
    expect(nodeAt(top, 'd')).to.equal(nodeAt(base, 'd'));
    expect(nodeAt(top, 'a')).to.not.equal(nodeAt(base, 'a'));
    expect(wordsOf(EMPTY_TREE)).to.deep.equal({});
  });

  it('has nothing at paths that are not there', () => {
    const tree = treeOf([layer({ 'a/b': 'x', l: '-> a' })]);
    for (const path of ['b', 'a/b/c', 'l/b', 'a/', '/a', 'a//b', 'constructor']) {
      expect(nodeAt(tree, path), path).to.equal(undefined);
    }
    expect(nodeAt(tree, '')).to.equal(tree.root);
  });

  describe('walks', () => {
    const tree = treeOf([layer({ 'a/b/c': 'x', 'a/d': 'y', e: 'z' })]);
    const cases: [string, string[]][] = [
      ['', ['a', 'a/b', 'a/b/c', 'a/d', 'e']],
      ['a', ['a/b', 'a/b/c', 'a/d']],
      ['a/b/c', []],
      ['gone', []],
    ];
    for (const [under, expected] of cases) {
      it(`what is below "${under}"`, () => {
        expect([...walk(tree, under)].map(({ path }) => path)).to.deep.equal(expected);
      });
    }
  });

  describe('looks up', () => {
    const tree = treeOf([
      layer({
        'usr/bin/sh': 'x',
        'usr/lib/libc': 'x',
        bin: '-> usr/bin',
        'usr/lib64': '-> lib',
        abs: '-> /usr/lib64/libc',
        up: '-> ../../../../etc/passwd',
        'etc/passwd': 'x',
        'etc/self': '-> self',
        'etc/a': '-> b',
        'etc/b': '-> a',
        'etc/slashed': '-> passwd/',
        'etc/dots': '-> ./..//usr/./bin/../bin',
        'etc/gone': '-> nowhere',
        'etc/odd\n\xff': 'x',
      }),
    ]);
    const cases: [string, string | undefined, string?][] = [
      ['usr/bin/sh', 'usr/bin/sh'],
      ['/usr/bin/sh', 'usr/bin/sh'],
      ['//usr///bin/./sh', 'usr/bin/sh'],
      ['', ''],
      ['/', ''],
      ['..', ''],
      ['../../usr', 'usr'],
      ['bin/sh', 'usr/bin/sh'],
      ['bin', 'usr/bin'],
      ['bin/', 'usr/bin'],
      ['bin/../lib', 'usr/lib'],
      ['abs', 'usr/lib/libc'],
      ['up', 'etc/passwd'],
      ['etc/dots/sh', 'usr/bin/sh'],
      ['etc/odd\n\xff', 'etc/odd\n\xff'],
      ['sh', 'usr/bin/sh', 'usr/bin'],
      ['sh', 'usr/bin/sh', '/bin'],
      ['../lib/libc', 'usr/lib/libc', 'bin'],
      ['/etc/passwd', 'etc/passwd', 'usr'],
      ['/etc/passwd', 'etc/passwd', 'not/there'],
      ['passwd', undefined, 'not/there'],
      ['passwd', undefined, 'etc/passwd'],
      ['etc/passwd/', undefined],
      ['etc/passwd/..', undefined],
      ['etc/passwd/.', undefined],
      ['etc/slashed', undefined],
      ['etc/gone', undefined],
      ['etc/gone/..', undefined],
      ['etc/self', undefined],
      ['etc/a/x', undefined],
      ['usr/bin/sh/x', undefined],
    ];
    for (const [path, expected, cwd] of cases) {
      it(`${JSON.stringify(path)}${cwd === undefined ? '' : ` in ${cwd}`}`, () => {
        const found = lookup(tree, path, cwd);
        expect(found?.path).to.equal(expected);
        if (expected !== undefined) expect(found?.node).to.equal(nodeAt(tree, expected));
      });
    }

    for (const [links, found] of [
      [40, true],
      [41, false],
    ] as const) {
      it(`${found ? 'through' : 'not through'} ${links} symlinks`, () => {
        const chain = Object.fromEntries(
          Array.from({ length: links }, (_, i) => [`l${i}`, i === 0 ? '-> end' : `-> l${i - 1}`]),
        );
        const linked = treeOf([layer({ end: 'x', ...chain })]);
        expect(lookup(linked, `l${links - 1}`)?.path).to.equal(found ? 'end' : undefined);
      });
    }

    it('does not grow without end when a symlink names itself twice', () => {
      expect(lookup(treeOf([layer({ a: '-> a/a' })]), 'a')).to.equal(undefined);
    });
  });

  it('is what a slow merge of flat lists gives', () => {
    fc.assert(
      fc.property(fc.array(arbitraryPaths(), { maxLength: 5 }), (stack) => {
        expect(wordsOf(treeOf(stack.map(layer)))).to.deep.equal(flatMerge(stack));
      }),
      { numRuns: 300 },
    );
  });

  it('is the same whether layers come one by one or on a shared base', () => {
    fc.assert(
      fc.property(fc.array(arbitraryPaths(), { maxLength: 5 }), fc.nat(5), (stack, cut) => {
        const layers: IndexedLayer[] = stack.map(layer);
        const base = treeOf(layers.slice(0, cut));
        expect(wordsOf(treeOf(layers.slice(cut), base))).to.deep.equal(wordsOf(treeOf(layers)));
      }),
      { numRuns: 100 },
    );
  });
});

/** Everything in a tree by path, sorted, as the words that make it; implied directories are marked. */
function wordsOf(tree: MergedTree): Record<string, Word> {
  const words = [...walk(tree)].map(({ path, node }) => [path, wordOf(node)] as const);
  return Object.fromEntries(words.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function wordOf({ entry, layer: from }: TreeNode): Word {
  if (entry.type === 'symlink') return `-> ${entry.target ?? ''}`;
  if (entry.type === 'file') return entry.crc ?? '';
  return from === undefined ? '(implied)' : 'dir';
}

/** One layer: few names, so that they meet; parents come first, as dockerd writes them. */
function arbitraryPaths(): fc.Arbitrary<Record<string, Word>> {
  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const item = fc.tuple(path, fc.constantFrom('dir', 'x', 'y', '-> a', 'delete', 'opaque'));
  return fc.array(item, { maxLength: 8 }).map((items) => {
    const paths = new Map<string, string>();
    for (const [at, word] of items) {
      // A path is one thing, and only directories have something in them.
      const isTaken = [...paths].some(
        ([other, its]) =>
          other === at ||
          (at.startsWith(`${other}/`) && its !== 'dir' && its !== 'opaque') ||
          (other.startsWith(`${at}/`) && word !== 'dir' && word !== 'opaque'),
      );
      if (!isTaken) paths.set(at, word);
    }
    return Object.fromEntries(
      [...paths].map(([at, word]) => {
        const slash = at.lastIndexOf('/') + 1;
        if (word === 'delete') return [`${at.slice(0, slash)}.wh.${at.slice(slash)}`, ''];
        return word === 'opaque' ? [`${at}/.wh..wh..opq`, ''] : [at, word];
      }),
    );
  });
}

/** Another way to the same: a flat list of paths, from which each layer deletes before it adds. */
function flatMerge(stack: readonly Record<string, Word>[]): Record<string, Word> {
  let flat = new Map<string, Word>();
  for (const paths of stack) {
    const below = flat;
    flat = new Map();
    const marks = Object.keys(paths);
    const hidden = (path: string): boolean =>
      marks.some((mark) => {
        const folder = mark.slice(0, Math.max(mark.lastIndexOf('/'), 0));
        if (mark.endsWith('.wh..wh..opq')) return path.startsWith(`${folder}/`);
        const at = mark.replace('.wh.', '');
        if (mark !== at) return path === at || path.startsWith(`${at}/`);
        // What is no directory hides all below it.
        return paths[mark] !== 'dir' && (path === at || path.startsWith(`${at}/`));
      });
    for (const [path, word] of below) if (!hidden(path)) flat.set(path, word);
    for (const mark of marks) {
      const folders = mark.split('/').slice(0, -1);
      const isOpaque = mark.endsWith('.wh..wh..opq');
      folders.forEach((_, depth) => {
        const folder = folders.slice(0, depth + 1).join('/');
        const isFresh = isOpaque && depth === folders.length - 1;
        if (isFresh || flat.get(folder) !== 'dir') flat.set(folder, '(implied)');
      });
      if (!mark.includes('.wh.')) flat.set(mark, paths[mark] ?? '');
    }
  }
  return Object.fromEntries([...flat].sort(([a], [b]) => (a < b ? -1 : 1)));
}
