import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { hostDisk, type Disk } from '../../../src/apply/disk.ts';
import { assembleDiff } from '../../../src/apply/overlay/assemble-diff.ts';
import { assemblyCost } from '../../../src/apply/overlay/assembly-cost.ts';
import { asChainID, asDiffID, sha256Hex } from '../../../src/domain/digest.ts';
import { EMPTY_TREE, treeOf } from '../../../src/domain/merged-tree.ts';
import type { Assembly } from '../../../src/domain/overlay/assembly.ts';
import type { StepProgress } from '../../../src/domain/progress.ts';
import type { CloneMode } from '../../../src/domain/report.ts';
import { assemblyOf } from '../../../src/plan/overlay/assembly.ts';
import { treeDelta } from '../../../src/plan/overlay/tree-delta.ts';
import { LARGE_FILE } from '../../../src/store/survey-layers.ts';
import { walkFolder } from '../../../src/store/walk-layer.ts';
import { rejection } from '../../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';
import { diffTrees, readTree } from '../../support/tree-state.ts';
import { fillOddLayer, linkGroups } from '../odd-layer.ts';

const OWNER = { uid: 0, gid: 0 };
const LARGE = 'x'.repeat(LARGE_FILE);

describe('apply/overlay/assemble-diff', () => {
  let root: string;
  let source: string;
  let target: string;
  beforeEach(() => {
    root = makeTempDir();
    source = join(root, 'source');
    target = join(root, 'target');
    mkdirSync(source);
  });
  afterEach(() => {
    for (const name of ['large', 'small']) spawnSync('chattr', ['-i', join(source, name)]);
    removeTempDirs();
  });

  // Where blocks cannot be shared, cp is told to copy them: all else is as where they can be.
  const sharing = {
    ...withRun((command, args, options) =>
      hostDisk.run(
        command,
        args.map((arg) => (arg === '--reflink=always' ? '--reflink=auto' : arg)),
        options,
      ),
    ),
    reflinkFile: (from: string, to: string) => {
      hostDisk.copyFile(from, to);
    },
  };

  const ways: [string, CloneMode, Disk][] = [
    ['auto', 'auto', hostDisk],
    ['link', 'link', hostDisk],
    ['copy', 'copy', hostDisk],
    ['reflink', 'reflink', sharing],
    ['auto, with shared blocks', 'auto', sharing],
  ];
  for (const [name, mode, disk] of ways) {
    it(`copies everything that a layer has but marks and sockets: ${name}`, async () => {
      await fillOddLayer(source);
      const assembly = assemblyOfSource();
      await assemble(assembly, mode, disk);
      const [wanted, got] = [stateOf(source), stateOf(target)];
      for (const [path, facts] of wanted) {
        const isSocket = facts.startsWith('socket');
        const isWhiteout = facts.startsWith('char') && facts.includes('rdev=0 ');
        if (isSocket || isWhiteout) wanted.delete(path);
        else wanted.set(path, facts.replace(/ trusted\.overlay\.\w+=\S+/g, ''));
      }
      expect(diffTrees(wanted, got)).to.deep.equal([]);
      expect(linkGroups(target, 'regular')).to.deep.equal(linkGroups(source, 'regular'));
      expect(linkGroups(target, 'special').length).to.equal(2);
    });
  }

  it('shares in mode auto the files of 64 KiB and more only, in mode copy none', async () => {
    fill({ large: LARGE, small: 's' });
    for (const [mode, shared] of [
      ['auto', ['large']],
      ['link', ['large', 'small']],
      ['copy', []],
    ] as const) {
      // Shared blocks would need no links.
      await assemble(assemblyOfSource(), mode, withoutReflinks());
      const names = readdirSync(target).filter(
        (name) => lstatSync(join(target, name)).ino === lstatSync(join(source, name)).ino,
      );
      expect(names.sort(), mode).to.deep.equal(shared);
      execFileSync('rm', ['-r', target]);
    }
  });

  it('links the files of an owned source in every mode', async () => {
    fill({ large: LARGE, small: 's', 'd/e': 'e' });
    execFileSync('mkfifo', [join(source, 'fifo')]);
    for (const mode of ['auto', 'link', 'copy', 'reflink'] as const) {
      await assemble(assemblyOfSource(true), mode);
      for (const name of ['large', 'small', 'd/e', 'fifo']) {
        const [from, to] = [lstatSync(join(source, name)), lstatSync(join(target, name))];
        expect(to.ino, `${mode} ${name}`).to.equal(from.ino);
      }
      execFileSync('rm', ['-r', target]);
    }
  });

  for (const errno of ['EMLINK', 'EPERM', 'EXDEV']) {
    it(`copies what cannot be linked, all names of it together: ${errno}`, async () => {
      fill({ large: LARGE, small: 's' });
      for (const name of ['large-too', 'a-large']) {
        execFileSync('ln', [join(source, 'large'), join(source, name)]);
      }
      const before = stateOf(source);
      for (const [mode, owned] of [
        ['auto', false],
        ['copy', true],
      ] as const) {
        let made = 0;
        const disk = withHardLink((from, to) => {
          made += 1;
          if (from.includes('source/') && made % 2 === 0) throw errnoError(errno);
          hostDisk.hardLink(from, to);
        }, withoutReflinks());
        await assemble(assemblyOfSource(owned), mode, disk);
        expect(diffTrees(before, stateOf(target))).to.deep.equal([]);
        expect(linkGroups(target, 'regular')).to.deep.equal([['a-large', 'large', 'large-too']]);
        expect(lstatSync(join(target, 'large')).ino).not.to.equal(
          lstatSync(join(source, 'large')).ino,
        );
        execFileSync('rm', ['-r', target]);
      }
    });
  }

  it('copies files that chattr made immutable, and says in mode link that auto does', async () => {
    fill({ large: LARGE });
    execFileSync('chattr', ['+i', join(source, 'large')]);
    await assemble(assemblyOfSource(), 'auto');
    expect(lstatSync(join(target, 'large')).nlink).to.equal(1);
    execFileSync('rm', ['-r', target]);
    const error = await rejection('APPLY_FAILED', () => assemble(assemblyOfSource(), 'link'));
    expect(error.message).to.contain('source/large cannot be hard-linked');
    expect(error.hint).to.contain('--clone auto does without links');
  });

  it('says where blocks cannot be shared that auto does without', async () => {
    fill({ a: 'a' });
    const error = await rejection('APPLY_FAILED', () =>
      assemble(assemblyOfSource(), 'reflink', withoutReflinks()),
    );
    expect(error.hint).to.contain('--clone auto does without reflinks');
  });

  it('makes whiteouts with one more file where the file system has no more links', async () => {
    const names = ['a', '-b', '{}', '\xff\n', '.wh.c'];
    let links = 0;
    const disk = withHardLink((from, to) => {
      links += 1;
      if (links === 2) throw errnoError('EMLINK');
      hostDisk.hardLink(from, to);
    });
    await assemble({ ...assemblyOfSource(), whiteouts: names }, 'copy', disk);
    const made = names.map((name) => lstatSync(Buffer.from(`${target}/${name}`, 'latin1')));
    expect(made.map(({ rdev, mode }) => [rdev, mode & 0o7777])).to.deep.equal(
      names.map(() => [0, 0]),
    );
    expect(made.map(({ nlink }) => nlink)).to.deep.equal([2, 2, 3, 3, 3]);
  });

  it('keeps others out until the target has its own mode', async () => {
    fill({ 'd/setuid': 's' });
    chmodSync(join(source, 'd/setuid'), 0o4755);
    const modes = new Set<number>();
    const disk = withRun((command, args, options) => {
      if (existsSync(target)) modes.add(lstatSync(target).mode & 0o7777);
      return hostDisk.run(command, args, options);
    });
    await assemble(assemblyOfSource(), 'copy', disk);
    expect([...modes]).to.deep.equal([0o700]);
    expect(lstatSync(target).mode & 0o7777).to.equal(lstatSync(source).mode & 0o7777);
  });

  it('tells how far it is, up to all files and whiteouts', async () => {
    fill({ a: 'a', b: LARGE, 'd/c': 'c' });
    execFileSync('ln', [join(source, 'a'), join(source, 'd/a')]);
    const told: StepProgress[] = [];
    const assembly = { ...assemblyOfSource(), whiteouts: ['x', 'y'] };
    await assemble(assembly, 'auto', hostDisk, { advance: (done) => told.push(done) });
    expect(told.at(-1)).to.deep.equal({ done: 6, total: 6, unit: 'files' });
    expect(told.every(({ done }, at) => done >= (told[at - 1]?.done ?? 0))).to.equal(true);
  });

  it('is ended by a signal, with its reason', async () => {
    fill({ a: LARGE, b: 'b' });
    for (const mode of ['link', 'copy'] as const) {
      const ended = new AbortController();
      const reason = new Error('enough');
      const advance = (): void => {
        ended.abort(reason);
      };
      const run = assemble(assemblyOfSource(), mode, hostDisk, { signal: ended.signal, advance });
      expect(await run.catch((error: unknown) => error)).to.equal(reason);
      execFileSync('rm', ['-r', target]);
    }
  });

  it('takes no folder that is there', async () => {
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), '');
    const run = assemble(assemblyOfSource(), 'copy');
    expect(await run.catch((error: unknown) => error)).to.have.property('code', 'EEXIST');
    expect(readdirSync(target)).to.deep.equal(['mine']);
  });

  describe('refuses a result', () => {
    const damages: [string, string, (name: (path: string) => string) => void][] = [
      [
        'that lost the end of a file',
        'd/b has another size',
        (at) => {
          truncateSync(at('d/b'), 1);
        },
      ],
      ['without a file', 'd/b is missing', (at) => execFileSync('rm', [at('d/b')])],
      [
        'with another mode',
        'a has another mode',
        (at) => {
          chmodSync(at('a'), 0o640);
        },
      ],
      ['with another owner', 'd has another uid', (at) => execFileSync('chown', ['7', at('d')])],
      [
        'whose links are torn',
        'c has another hardLinkOf',
        (at) =>
          execFileSync('sh', ['-c', 'cp -p "$1" t && mv t "$1"', 'sh', at('c')], { cwd: root }),
      ],
      [
        'with more in it',
        'more should not be there',
        (at) => {
          writeFileSync(at('more'), '');
        },
      ],
      ['without a whiteout', 'gone is not hidden', (at) => execFileSync('rm', [at('gone')])],
      [
        'with a mark',
        'd has an overlay mark',
        (at) => execFileSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', at('d')]),
      ],
    ];
    for (const [name, message, damage] of damages) {
      it(name, async () => {
        fill({ a: 'a', 'd/b': 'bb' });
        execFileSync('ln', [join(source, 'a'), join(source, 'c')]);
        const disk = withRun(async (command, args, options) => {
          await hostDisk.run(command, args, options);
          // The last program is the one that gives the directories their attributes.
          if (existsSync(join(target, 'gone'))) damage((path) => join(target, path));
        });
        const assembly = { ...assemblyOfSource(), whiteouts: ['also-gone', 'gone'] };
        const error = await rejection('APPLY_FAILED', () => assemble(assembly, 'copy', disk));
        expect(error.message).to.contain(message);
      });
    }
  });

  describe('assemblyCost', () => {
    it('counts what is new on disk, each file once', () => {
      fill({ large: LARGE, small: 's', 'd/e': '' });
      execFileSync('ln', [join(source, 'small'), join(source, 'd/small')]);
      const assembly = { ...assemblyOfSource(), whiteouts: ['x', 'y'] };
      const directories = 2 * 4096;
      const cost = (mode: CloneMode): object => assemblyCost(assembly, mode);
      expect(cost('link')).to.deep.equal({ bytes: directories, inodes: 3 });
      expect(cost('auto')).to.deep.equal({ bytes: directories + 4096, inodes: 5 });
      expect(cost('copy')).to.deep.equal({ bytes: directories + 4096 + LARGE_FILE, inodes: 6 });
      expect(cost('reflink')).to.deep.equal({ bytes: directories, inodes: 6 });
      const owned = { ...assembly, sources: [{ folder: source, owned: true }] };
      expect(assemblyCost(owned, 'copy')).to.deep.equal({ bytes: directories, inodes: 3 });
    });
  });

  function fill(files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(source, name, '..'), { recursive: true });
      writeFileSync(join(source, name), content);
    }
  }

  /** All of the source's folder, on top of nothing. */
  function assemblyOfSource(owned = false): Assembly {
    const id = `sha256:${sha256Hex('source')}`;
    const index = walkFolder(source, OWNER);
    const layer = { chainId: asChainID(id)!, diffId: asDiffID(id)!, index };
    const delta = treeDelta(EMPTY_TREE, treeOf([layer]));
    return assemblyOf(delta, () => ({ folder: source, owned }));
  }

  async function assemble(
    assembly: Assembly,
    mode: CloneMode,
    disk: Disk = hostDisk,
    more: { signal?: AbortSignal; advance?: (done: StepProgress) => void } = {},
  ): Promise<void> {
    await assembleDiff({ disk, assembly, target, mode, owner: OWNER, ...more });
  }
});

/** Link counts differ by design: `linkGroups` compares what is linked to what. */
function stateOf(folder: string): ReturnType<typeof readTree> {
  return readTree(folder, { mtimes: true, links: false });
}

function withRun(run: Disk['run']): Disk {
  return { ...hostDisk, run };
}

function withHardLink(hardLink: Disk['hardLink'], disk: Disk = hostDisk): Disk {
  return { ...disk, hardLink };
}

/** A disk that can share no blocks, whatever the file system can. */
function withoutReflinks(): Disk {
  return {
    ...withRun((command, args, options) =>
      args.includes('--reflink=always')
        ? hostDisk.run('false', [])
        : hostDisk.run(command, args, options),
    ),
    reflinkFile: () => {
      throw errnoError('ENOTSUP');
    },
  };
}

function errnoError(code: string): Error {
  return Object.assign(new Error(`${code}: link`), { code });
}
