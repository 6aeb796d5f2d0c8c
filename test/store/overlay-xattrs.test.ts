import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { overlayXattrsOf } from '../../src/store/overlay-xattrs.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const OPAQUE = 'trusted.overlay.opaque';

describe('store/overlay-xattrs', () => {
  let root: string;

  beforeEach(() => {
    root = makeTempDir();
  });
  afterEach(() => {
    // Node cannot remove names that are no UTF-8.
    execFileSync('rm', ['-rf', root]);
    removeTempDirs();
  });

  it('finds marks on the folder itself and on nested ones, and nothing else', () => {
    for (const name of ['a', 'a/b/c', 'a/b/plain']) make(name);
    mark('a', OPAQUE, 'y');
    mark('a/b/c', OPAQUE, 'y');
    mark('a/b/plain', 'user.note', 'x');
    mark('a/b/plain', 'trusted.other', 'x');
    expect(marks('a')).to.deep.equal({ a: { [OPAQUE]: 'y' }, 'a/b/c': { [OPAQUE]: 'y' } });
  });

  it('finds every mark of one folder, of user.overlay too', () => {
    make('a');
    mark('a', OPAQUE, 'y');
    mark('a', 'trusted.overlay.redirect', '/old name');
    mark('a', 'trusted.overlay.impure', 'y');
    mark('a', 'user.overlay.opaque', 'x');
    expect(marks('a')).to.deep.equal({
      a: {
        [OPAQUE]: 'y',
        'trusted.overlay.redirect': '/old name',
        'trusted.overlay.impure': 'y',
        'user.overlay.opaque': 'x',
      },
    });
  });

  it('keeps values with newlines, and with bytes that are no text', () => {
    make('a');
    execFileSync('setfattr', [
      '-n',
      'trusted.overlay.origin',
      '-v',
      '0x000aff3d0a',
      join(root, 'a'),
    ]);
    expect(marks('a')).to.deep.equal({ a: { 'trusted.overlay.origin': '\x00\n\xff=\n' } });
  });

  it('looks only below what it is asked for', () => {
    for (const name of ['a/x', 'b/x']) make(name);
    mark('a/x', OPAQUE, 'y');
    mark('b/x', OPAQUE, 'y');
    expect(Object.keys(marks('b'))).to.deep.equal(['b/x']);
    expect(Object.keys(marks('a', 'b')).sort()).to.deep.equal(['a/x', 'b/x']);
    expect(marks()).to.deep.equal({});
  });

  it('finds none where there are none', () => {
    make('a/b');
    expect(marks('a')).to.deep.equal({});
  });

  // A tar header holds 100 bytes of name, with its prefix 255; longer ones are records of their own.
  for (const length of [99, 100, 101, 154, 155, 156, 200, 254, 255, 256, 257, 600]) {
    it(`reads a path of ${length} bytes`, () => {
      const name = pathOf(length);
      make(name);
      mark(name, OPAQUE, 'y');
      expect(marks('a')).to.deep.equal({ [name]: { [OPAQUE]: 'y' } });
    });
  }

  for (const name of ['new\nline', '\xff\xfe', '\xc3\xa9', ' ', '-x', '\\101', 'a=b', '*?[', '"']) {
    it(`reads the name ${JSON.stringify(name)}`, () => {
      const path = `a/${name}/below`;
      make(path);
      mark(path, OPAQUE, 'y');
      mark(`a/${name}`, OPAQUE, 'x');
      expect(marks('a')).to.deep.equal({
        [`a/${name}`]: { [OPAQUE]: 'x' },
        [path]: { [OPAQUE]: 'y' },
      });
    });
  }

  it('reads many folders, and every mark in them', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `a/${String(i % 40)}/${String(i)}`);
    for (const name of names) make(name);
    const some = names.filter((_, i) => i % 100 === 0);
    execFileSync('setfattr', [
      '-n',
      OPAQUE,
      '-v',
      'y',
      '--',
      ...some.map((one) => join(root, one)),
    ]);
    expect(Object.keys(marks('a')).sort()).to.deep.equal([...some].sort());
  });

  it('takes more folders than a command line has room for', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `${'long'.repeat(16)}${String(i)}`);
    for (const name of names) make(name);
    mark(names.at(-1)!, OPAQUE, 'y');
    expect(Object.keys(marks(...names))).to.deep.equal([names.at(-1)]);
  });

  it('does not follow a symlink out of the layer', () => {
    make('a');
    make('outside');
    mark('outside', OPAQUE, 'y');
    execFileSync('ln', ['-s', '../outside', join(root, 'a/link')]);
    expect(marks('a')).to.deep.equal({});
  });

  function make(name: string): void {
    mkdirSync(Buffer.from(join(root, name), 'latin1'), { recursive: true });
  }

  /** Names come from standard input in octal, so that any byte can be in them. */
  function mark(name: string, attribute: string, value: string): void {
    const path = join(root, name).replace(/[^\w/.-]/g, (byte) => {
      return `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
    });
    const hex = Buffer.from(value, 'latin1').toString('hex');
    execFileSync('setfattr', ['--restore=-'], {
      cwd: '/',
      input: `# file: ${path}\n${attribute}=0x${hex}\n`,
    });
  }

  function marks(...folders: string[]): Record<string, Record<string, string>> {
    return Object.fromEntries(
      overlayXattrsOf(root, directoriesBelow(folders)).map(({ path, xattrs }) => [
        path,
        Object.fromEntries(xattrs),
      ]),
    );
  }

  function directoriesBelow(folders: string[]): string[] {
    if (folders.length === 0) return [];
    const found = execFileSync('find', [...folders, '-type', 'd', '-print0'], {
      cwd: root,
      encoding: 'latin1',
    });
    return found.split('\0').slice(0, -1);
  }
});

/** A path below `a` of exactly this many bytes, in parts that are no longer than a name may be. */
function pathOf(length: number): string {
  let path = 'a';
  while (path.length < length) {
    const rest = length - path.length - 1;
    path += `/${'n'.repeat(rest > 120 ? 100 : rest)}`;
  }
  return path;
}
