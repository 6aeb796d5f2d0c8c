import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeTempDir, removeTempDirs } from './temp-dir.ts';
import { diffTrees, readTree } from './tree-state.ts';
import type { TreeState } from './tree-state.ts';

describe('readTree', () => {
  let root: string;

  beforeEach(() => {
    root = makeTempDir();
    fs.mkdirSync(join(root, 'dir/sub'), { recursive: true });
    fs.writeFileSync(join(root, 'dir/file'), 'content');
    fs.symlinkSync('dir/file', join(root, 'symlink'));
    execFileSync('mknod', [join(root, 'whiteout'), 'c', '0', '0']);
  });

  afterEach(removeTempDirs);

  it('is equal for an untouched tree', () => {
    expect(diffTrees(readTree(root, { mtimes: true }), readTree(root, { mtimes: true }))).to.be
      .empty;
  });

  const changes: [string, (at: (path: string) => string) => void, RegExp][] = [
    [
      'mode',
      (at) => {
        fs.chmodSync(at('dir/file'), 0o4755);
      },
      /^~ dir\/file: mode=0644 -> mode=4755$/,
    ],
    [
      'owner',
      (at) => {
        fs.lchownSync(at('symlink'), 1, 2);
      },
      /^~ symlink: owner=0:0 -> owner=1:2$/,
    ],
    [
      'content',
      (at) => {
        fs.writeFileSync(at('dir/file'), 'CONTENT');
      },
      /^~ dir\/file: sha256=/,
    ],
    [
      'new file',
      (at) => {
        fs.writeFileSync(at('dir/new'), '');
      },
      /^\+ dir\/new: file /,
    ],
    [
      'removal',
      (at) => {
        fs.rmSync(at('dir/file'));
      },
      /^- dir\/file: file /,
    ],
    [
      'type',
      (at) => {
        fs.rmSync(at('symlink'));
        fs.mkdirSync(at('symlink'));
      },
      /^~ symlink: symlink .*-> dir /,
    ],
    [
      'target',
      (at) => {
        fs.rmSync(at('symlink'));
        fs.symlinkSync('x', at('symlink'));
      },
      /target="x"$/,
    ],
    [
      'device',
      (at) => {
        fs.rmSync(at('whiteout'));
        execFileSync('mknod', [at('whiteout'), 'c', '1', '3']);
      },
      /rdev=0 -> rdev=259$/,
    ],
    [
      'xattr',
      (at) => {
        setXattr(at('dir/sub'), 'trusted.overlay.opaque', 'y');
      },
      /^~ dir\/sub: {2}-> trusted.overlay.opaque=0x79$/,
    ],
    [
      'root',
      (at) => {
        fs.chmodSync(at('.'), 0o755);
      },
      /^~ \.: mode=0700 -> mode=0755$/,
    ],
  ];
  for (const [name, change, line] of changes) {
    it(`sees a change of ${name}, as one line`, () => {
      const before = readTree(root);
      change((path) => join(root, path));
      const lines = diffTrees(before, readTree(root));
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(line);
    });
  }

  it('sees hard links, unless told not to', () => {
    const changed = (options: { links?: boolean }): string[] => {
      fs.rmSync(join(root, 'second'), { force: true });
      const before = readTree(root, options);
      fs.linkSync(join(root, 'dir/file'), join(root, 'second'));
      return diffTrees(before, readTree(root, options));
    };
    expect(changed({})).to.have.length(2);
    expect(changed({})[1]).to.match(/^\+ second: .*nlink=2 same-file-as=dir\/file$/);
    expect(changed({ links: false })).to.have.length(1);
  });

  it('sees times only when asked', () => {
    const before = [readTree(root), readTree(root, { mtimes: true })] as const;
    fs.utimesSync(join(root, 'dir'), 1, 1);
    expect(diffTrees(before[0], readTree(root))).to.be.empty;
    expect(diffTrees(before[1], readTree(root, { mtimes: true }))[0]).to.match(
      /^~ dir: mtimeNs=\d+ -> mtimeNs=1000000000$/,
    );
  });

  it('keeps names that are no UTF-8 or hold odd characters, with their xattrs', () => {
    const names = ['a b', 'c=d', 'e\nf', 'g\\h', '\xff\xe9', 'tab\t"quote'];
    for (const name of names) fs.writeFileSync(Buffer.from(`${root}/dir/${name}`, 'latin1'), '');
    const state: TreeState = readTree(join(root, 'dir'));
    expect([...state.keys()]).to.include.members(names);

    execFileSync('find', [
      join(root, 'dir'),
      '-type',
      'f',
      '-exec',
      'setfattr',
      '-n',
      'user.x',
      '-v',
      '1',
      '{}',
      '+',
    ]);
    const marked = readTree(join(root, 'dir'));
    for (const name of names) expect(marked.get(name), name).to.match(/ user\.x=0x31$/);
  });

  it('leaves out what it is told to ignore', () => {
    expect([...readTree(root, { ignore: ['dir', 'symlink'] }).keys()]).to.deep.equal([
      '.',
      'whiteout',
    ]);
  });
});

function setXattr(path: string, name: string, value: string): void {
  execFileSync('setfattr', ['-n', name, '-v', value, path]);
}
