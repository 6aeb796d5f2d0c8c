import { expect } from 'chai';
import fc from 'fast-check';

import type { LayerEntry, LayerIndex } from '../../src/domain/layer-index.ts';
import { IndexBuilder } from '../../src/store/index-builder.ts';
import { tarMembers } from '../../src/store/tar-members.ts';
import { tarSplitEntries } from '../../src/store/tar-split.ts';
import { tarSplitOf, type Member } from '../support/store/hand-made-tar.ts';
import { damageIn } from './damage.ts';

const DIR = { type: '5', mode: 0o700 } as const;
const OPAQUE = new Map([['trusted.overlay.opaque', Buffer.from('y')]]);

describe('store/index-builder', () => {
  const cases: [string, readonly Member[], Record<string, string>][] = [
    ['a file', [{ name: 'a', content: 'x', mode: 0o4755 }], { a: 'file 4755' }],
    [
      'names as GNU tar writes them',
      [{ name: './', ...DIR }, { name: './d/', ...DIR }, { name: './d/f' }],
      { d: 'directory 700', 'd/f': 'file 644' },
    ],
    ['absolute names', [{ name: '/a/b' }], { a: 'directory 755', 'a/b': 'file 644' }],
    [
      'names that leave the root',
      [{ name: '../../a' }, { name: 'x/../../../b' }],
      { a: 'file 644', b: 'file 644' },
    ],
    ['dots and slashes', [{ name: 'd//./e/../f' }], { d: 'directory 755', 'd/f': 'file 644' }],
    ['bytes that are no text', [{ name: '\xff\n' }], { '\xff\n': 'file 644' }],
    [
      'words of the language',
      [{ name: 'constructor/toString' }],
      { constructor: 'directory 755', 'constructor/toString': 'file 644' },
    ],
    [
      'a directory named after what is in it',
      [{ name: 'd/f' }, { name: 'd/', ...DIR }],
      { d: 'directory 700', 'd/f': 'file 644' },
    ],
    [
      'a later file',
      [
        { name: 'a', mode: 1 },
        { name: 'a', mode: 2 },
      ],
      { a: 'file 2' },
    ],
    ['a file in place of a directory', [{ name: 'd/f' }, { name: 'd' }], { d: 'file 644' }],
    [
      'a directory in place of a file',
      [{ name: 'd' }, { name: 'd/', ...DIR }, { name: 'd/f' }],
      { d: 'directory 700', 'd/f': 'file 644' },
    ],
    [
      'a way through a symlink',
      [{ name: 'r/', ...DIR }, { name: 'l', type: '2', linkName: 'r' }, { name: 'l/f' }],
      { r: 'directory 700', 'r/f': 'file 644', l: '-> r' },
    ],
    [
      'a way through an absolute symlink from a directory',
      [{ name: 'd/l', type: '2', linkName: '/r' }, { name: 'd/l/f' }],
      { d: 'directory 755', 'd/l': '-> /r', r: 'directory 755', 'r/f': 'file 644' },
    ],
    [
      'a way through an absolute symlink, inside',
      [{ name: 'l', type: '2', linkName: '/../r' }, { name: 'l/f' }],
      { l: '-> /../r', r: 'directory 755', 'r/f': 'file 644' },
    ],
    [
      'a symlink in place of a directory',
      [{ name: 'd/f' }, { name: 'd', type: '2', linkName: 'e' }, { name: 'd/g' }],
      { d: '-> e', e: 'directory 755', 'e/g': 'file 644' },
    ],
    [
      'a directory in place of a symlink',
      [
        { name: 'd', type: '2', linkName: 'e' },
        { name: 'd/f' },
        { name: 'd/', ...DIR },
        { name: 'd/g' },
      ],
      { d: 'directory 700', 'd/g': 'file 644', e: 'directory 755', 'e/f': 'file 644' },
    ],
    [
      'devices and pipes',
      [
        { name: 'c', type: '3', major: 1, minor: 3 },
        { name: 'b', type: '4', major: 8, minor: 300 },
        { name: 'p', type: '6' },
      ],
      { c: 'char 1:3', b: 'block 8:300', p: 'fifo' },
    ],
    [
      'hard links, the first name in byte order being the file',
      [
        { name: 'z', content: 'x' },
        { name: 'a', type: '1', linkName: './z' },
      ],
      { z: 'file 644 = a', a: 'file 644' },
    ],
    [
      'a hard link with other attributes, which all names get',
      [
        { name: 'a', mode: 0o644 },
        { name: 'b', type: '1', linkName: 'a', mode: 0o600 },
      ],
      { a: 'file 600', b: 'file 600 = a' },
    ],
    [
      'a hard link to a symlink',
      [
        { name: 'a', type: '2', linkName: 'x' },
        { name: 'b', type: '1', linkName: 'a', mode: 1 },
      ],
      { a: '-> x', b: '-> x = a' },
    ],
    [
      'a hard link whose first name is gone',
      [{ name: 'a' }, { name: 'b', type: '1', linkName: 'a' }, { name: 'a', mode: 1 }],
      { a: 'file 1', b: 'file 644' },
    ],
  ];
  for (const [name, members, expected] of cases) {
    it(`takes ${name}`, () => {
      const { entries } = indexOf(members);
      expect(wordsOf(entries)).to.deep.equal({ '': 'directory 755', ...expected });
    });
  }

  it('takes size, checksum and owner of a file, and gives them to its links', () => {
    const { entries } = indexOf([
      { name: 'b', content: 'abc', uid: 1, gid: 2 },
      { name: 'c', type: '1', linkName: 'b', uid: 1, gid: 2 },
    ]);
    const same = { size: 3, crc: 'N3bEIAAAAAA=', uid: 1, gid: 2 };
    expect(entries[1]).to.include({ path: 'b', ...same });
    expect(entries[2]).to.include({ path: 'c', ...same });
  });

  it('leaves the root alone unless it is called /', () => {
    for (const name of ['.', './', 'a/..', '']) {
      expect(indexOf([{ name, ...DIR }]).entries[0], name).to.include({ path: '', mode: 0o755 });
    }
    expect(indexOf([{ name: '/', ...DIR, uid: 3 }]).entries[0]).to.include({ mode: 0o700, uid: 3 });
  });

  it('takes whiteouts in every form', () => {
    const { entries, whiteouts } = indexOf([
      { name: '.wh.a' },
      { name: 'd/.wh.b' },
      { name: 'l', type: '2', linkName: 'd' },
      { name: 'l/.wh.c' },
      { name: 'e', type: '3', major: 0, minor: 0 },
      { name: '.wh..wh.plnk' },
      { name: 'f', type: '3', major: 0, minor: 1 },
    ]);
    expect([...whiteouts].sort()).to.deep.equal(['.wh.plnk', 'a', 'd/b', 'd/c', 'e']);
    expect(wordsOf(entries)).to.have.all.keys('', 'd', 'l', 'f');
  });

  it('forgets a whiteout when something takes its place', () => {
    const { whiteouts } = indexOf([{ name: '.wh.a' }, { name: 'a' }]);
    expect(whiteouts.size).to.equal(0);
  });

  it('takes opaque directories in every form', () => {
    const { opaque, entries } = indexOf([
      { name: 'a/.wh..wh..opq' },
      { name: 'b/', ...DIR, xattrs: OPAQUE },
      { name: 'c/', ...DIR },
      { name: 'c/', ...DIR, xattrs: OPAQUE },
      { name: '.wh..wh..opq' },
      { name: 'd/.wh..wh..opq' },
      { name: 'd' },
      { name: 'e', xattrs: OPAQUE },
    ]);
    expect([...opaque].sort()).to.deep.equal(['', 'a', 'b', 'c']);
    expect(wordsOf(entries)).to.include({ d: 'file 644', a: 'directory 755' });
  });

  const loop = Array.from(
    { length: 41 },
    (_, i) => ({ name: `l${i}`, type: '2', linkName: `l${i + 1}` }) as const,
  );
  const bad: [string, readonly Member[]][] = [
    ['a way through a file', [{ name: 'a' }, { name: 'a/b' }]],
    ['a way through a whiteout', [{ name: '.wh.a' }, { name: 'a/b' }]],
    ['a way through a loop', [{ name: 'a', type: '2', linkName: 'a' }, { name: 'a/b' }]],
    ['a way through 41 symlinks', [...loop, { name: 'l0/f' }]],
    ['a hard link to nothing', [{ name: 'a', type: '1', linkName: 'b' }]],
    ['a hard link to a directory', [{ name: 'd/f' }, { name: 'a', type: '1', linkName: 'd' }]],
    ['a whiteout of what is there', [{ name: 'a' }, { name: '.wh.a' }]],
    ['a whiteout of nothing', [{ name: '.wh.' }]],
    ['a whiteout of a parent', [{ name: 'd/.wh...' }]],
    ['a root that is a file', [{ name: '/' }]],
    ['a path of 5000 bytes', [{ name: `${'d/'.repeat(2500)}f` }]],
    ['directories deeper than any path', deeper()],
  ];
  for (const [name, members] of bad) {
    it(`refuses ${name}`, () => {
      expect(damageIn(() => indexOf(members))).to.not.equal(undefined);
    });
  }

  it('takes or refuses any members, and tells each path once', () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', '.', '..', '', '.wh.a', '.wh..wh..opq'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((names) => names.join('/'));
    const member = fc.record({
      name,
      type: fc.constantFrom('0', '1', '2', '3', '5', '6'),
      linkName: name,
    }) as fc.Arbitrary<Member>;
    fc.assert(
      fc.property(fc.array(member, { maxLength: 12 }), (members) => {
        damageIn(() => {
          const { entries, whiteouts } = indexOf(members);
          const paths = [...entries.map(({ path }) => path), ...whiteouts];
          expect(new Set(paths).size).to.equal(paths.length);
          entries.forEach(({ path }, at) => {
            const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
            const isBefore = entries.findIndex((other) => other.path === parent) < at;
            expect(path === '' || isBefore, path).to.equal(true);
          });
        });
      }),
      { numRuns: 500 },
    );
  });
});

function indexOf(members: readonly Member[]): LayerIndex {
  const builder = new IndexBuilder();
  for (const member of tarMembers(tarSplitEntries(Buffer.from(tarSplitOf(members))))) {
    builder.add(member);
  }
  return builder.index();
}

/** A path of 1500 directories, and a symlink to its end from where it goes on. */
function deeper(): Member[] {
  const deep = 'd/'.repeat(1500);
  return [{ name: deep, ...DIR }, { name: 'l', type: '2', linkName: deep }, { name: `l/${deep}f` }];
}

/** By path: type, mode or device or target, and the name that it is a link to. */
function wordsOf(entries: readonly LayerEntry[]): Record<string, string> {
  const words = new Map(
    entries.map(({ path, type, mode, target, device, hardLinkOf }) => {
      const link = hardLinkOf === undefined ? '' : ` = ${hardLinkOf}`;
      if (type === 'symlink') return [path, `-> ${target ?? ''}${link}`];
      const detail = type === 'file' || type === 'directory' ? mode.toString(8) : (device ?? '');
      return [path, `${type} ${detail}`.trim() + link];
    }),
  );
  return Object.fromEntries(words);
}
