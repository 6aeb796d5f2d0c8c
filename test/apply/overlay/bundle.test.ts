/** What is packed comes out again, and nothing else does. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import fc from 'fast-check';

import { hostDisk, type Disk } from '../../../src/apply/disk.ts';
import { extractBundle } from '../../../src/apply/overlay/extract-bundle.ts';
import { layerOn, treeOf, walk, type MergedTree } from '../../../src/domain/merged-tree.ts';
import { RebaseError } from '../../../src/errors.ts';
import { openBundle } from '../../../src/store/overlay/open-bundle.ts';
import { walkFolder } from '../../../src/store/walk-layer.ts';
import { rejection } from '../../daemon/rejection.ts';
import { comparableIndex } from '../../support/comparable-index.ts';
import { exampleBase, packBundle, planBundle } from '../../support/packed-bundle.ts';
import { END_OF_ARCHIVE, headerBytes, paddingOf } from '../../support/store/tar-header.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';
import { diffTrees, readTree } from '../../support/tree-state.ts';
import { failingDisk } from '../failing-disk.ts';
import { fillOddLayer } from '../odd-layer.ts';

describe('apply/overlay bundles', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = makeTempDir();
    file = join(folder, 'out', 'bundle.tar.gz');
    mkdirSync(join(folder, 'out'));
    for (const name of ['old', 'new']) mkdirSync(join(folder, name));
  });
  afterEach(removeTempDirs);
  const at = (...names: string[]): string => join(folder, ...names);
  const shell = (script: string, cwd = folder): void => {
    execFileSync('bash', ['-euc', script], { cwd });
  };

  it('keep everything that a copying tool may lose', async () => {
    await fillOddLayer(at('new'));
    shell('mkdir -p gone etc; touch gone/below etc/deleted', at('old'));
    await packBundle({ old: [at('old')], new: [at('new')], file });
    await extract(at('extracted'));
    const lines = diffTrees(
      readTree(at('new'), { mtimes: true }),
      readTree(at('extracted'), { mtimes: true }),
    );
    const paths = lines.map((line) => line.split(':')[0]);
    expect(paths).to.deep.equal([
      // A root is of the time of its pull.
      '~ .',
      // Devices with two names are two devices.
      '~ bin/char',
      '+ etc/del'.concat('eted'),
      '~ etc/fifo-too',
      // Deletions and opaque directories of layers are what the bundle's own deletions say.
      '- etc/whiteout',
      '+ gone',
      '~ opaque',
      '~ opaque/below',
      '- opaque/whiteout-too',
      '~ run/char-too',
      '~ run/fifo',
      // As in dockerd's own tars.
      '- run/socket',
    ]);
    expect(lines.filter((line) => /^~ (opaque|bin|etc|run)/.test(line)).join('\n')).to.not.match(
      /mode=|owner=|mtimeNs|user\.|security|system/,
    );
  });

  it('make the old stack what the new one is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryLayer(), { minLength: 3, maxLength: 4 }),
        async (layers) => {
          const place = makeTempDir();
          const folders = layers.map((layer, number) =>
            writeLayer(join(place, `${number}`), layer),
          );
          // The first is of both bases, the second of the old one.
          const [common, old, ...others] = folders;
          const [stack, wanted] = [
            [common!, old!],
            [common!, ...others],
          ];
          const packed = await packBundle({ old: stack, new: wanted, file });
          const bundle = await openBundle(file);
          const extracted = join(place, 'extracted');
          await extractBundle({ disk: hostDisk, bundle, target: extracted });
          bundle.close();
          const index = walkFolder(extracted, { uid: 0, gid: 0 });
          expect(comparableIndex(index)).to.deep.equal(comparableIndex(bundle.index));
          const { chainId, diffIds } = exampleBase('any', ['any']);
          const layerOf = (each: string) => ({
            ...{ chainId, diffId: diffIds[0]! },
            index: walkFolder(each, { uid: 0, gid: 0 }),
          });
          const shown = layerOn(treeOf(stack.map(layerOf)), layerOf(extracted));
          expect(treeLines(shown)).to.deep.equal(treeLines(packed.target));
          for (const { path, source } of packed.assembly.files) {
            const from = Buffer.from(
              `${packed.assembly.sources[source]!.folder}/${path}`,
              'latin1',
            );
            const to = Buffer.from(`${extracted}/${path}`, 'latin1');
            if (lstatSync(from).isFile())
              expect(readFileSync(to).equals(readFileSync(from))).to.equal(true);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('are the same bytes on every host', async () => {
    await fillOddLayer(at('new'));
    shell('touch gone', at('old'));
    const pack = async (from: string): Promise<Buffer> => {
      await packBundle({ old: [at('old')], new: [from], file });
      return readFileSync(file);
    };
    const first = await pack(at('new'));
    mkdirSync(at('elsewhere', 'deeper'), { recursive: true });
    execFileSync('cp', ['-al', at('new'), at('elsewhere', 'deeper', 'clone')]);
    const clone = at('elsewhere', 'deeper', 'clone');
    // As another pull would leave them.
    utimesSync(clone, 1, 1);
    utimesSync(join(clone, 'etc/small'), new Date(5000), lstatSync(join(clone, 'etc/small')).mtime);
    shell('touch -d @1500000000.123456789 etc/small', at('new'));
    const { cwd, env } = { cwd: process.cwd(), env: { ...process.env } };
    const umask = process.umask(0o077);
    try {
      const again = await pack(at('new'));
      Object.assign(process.env, {
        ...{ TZ: 'Asia/Kathmandu', LC_ALL: 'C.UTF-8', LANG: 'tr_TR.UTF-8', POSIXLY_CORRECT: '1' },
        ...{ TAR_OPTIONS: '--sparse --mtime=@5 --owner=x', GZIP: '-1', SOURCE_DATE_EPOCH: '9' },
      });
      process.chdir('/');
      expect((await pack(clone)).equals(again)).to.equal(true);
    } finally {
      process.chdir(cwd);
      process.umask(umask);
      for (const name of Object.keys(process.env))
        if (!(name in env)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, env);
    }
    expect(first.length).to.be.greaterThan(0);
  });

  it('name nothing of the host', async () => {
    shell(
      'mkdir -p sub; echo x > sub/file; chown 65534:65534 sub; setfacl -m u:65534:r sub/file',
      at('new'),
    );
    await packBundle({ old: [at('old')], new: [at('new')], file });
    const text = execFileSync('gzip', ['-dc', file]).toString('latin1');
    expect(text).to.contain('diff/sub/file');
    for (const word of [folder, 'nobody', 'nogroup', 'root\0', 'atime', 'ctime']) {
      expect(text).not.to.contain(word);
    }
  });

  it('do not link files of two layers that a clone has linked', async () => {
    for (const name of ['one', 'two']) mkdirSync(at(name));
    shell('echo shared > one/a; ln one/a one/b; ln one/a two/c; touch -d @1 two');
    await packBundle({ old: [at('old')], new: [at('one'), at('two')], file });
    await extract(at('extracted'));
    const links = ['a', 'b', 'c'].map((name) => lstatSync(at('extracted', name)).nlink);
    expect(links).to.deep.equal([2, 2, 1]);
  });

  it('leave in place with --union what only the old base has', async () => {
    shell('touch old/mine old/both new/both');
    const exact = await planBundle({ old: [at('old')], new: [at('new')], file });
    const union = await planBundle({ old: [at('old')], new: [at('new')], file, union: true });
    expect(exact.manifest.whiteouts).to.deep.equal(['mine']);
    expect(union.manifest.whiteouts).to.deep.equal([]);
    expect(union.manifest.entries).to.deep.equal(exact.manifest.entries);
  });

  describe('as a file', () => {
    const pack = (options: { disk?: Disk; signal?: AbortSignal } = {}): Promise<unknown> =>
      packBundle({ old: [at('old')], new: [at('new')], file, ...options });
    const inOut = (): string[] => readdirSync(at('out'));
    beforeEach(() => {
      shell('head -c 3000000 /dev/urandom > new/large; echo x > new/small');
    });

    it('are for their owner only, and replace an earlier one', async () => {
      await pack();
      await pack();
      expect(inOut()).to.deep.equal(['bundle.tar.gz']);
      expect(lstatSync(file).mode & 0o7777).to.equal(0o600);
      expect(lstatSync(file).nlink).to.equal(1);
    });

    const others: [string, () => void][] = [
      [
        'another file',
        () => {
          writeFileSync(file, 'precious');
        },
      ],
      [
        'another gzip file',
        () => {
          writeFileSync(file, gzipSync('precious'));
        },
      ],
      [
        'a folder',
        () => {
          mkdirSync(file);
        },
      ],
      [
        'a symlink',
        () => {
          symlinkSync('small', file);
        },
      ],
      [
        'a fifo',
        () => {
          execFileSync('mkfifo', [file]);
        },
      ],
    ];
    for (const [name, make] of others) {
      it(`do not replace ${name}`, async () => {
        make();
        const before = readTree(at('out'));
        expect((await rejection('USAGE', () => pack())).message).to.contain('is there already');
        expect(diffTrees(before, readTree(at('out')))).to.deep.equal([]);
      });
    }

    it('need a folder that is there', async () => {
      file = at('nowhere', 'bundle.tar.gz');
      expect((await rejection('USAGE', () => pack())).message).to.contain('nowhere');
      file = at('new', 'small', 'bundle.tar.gz');
      await rejection('USAGE', () => pack());
    });

    it('need a folder that can be written to', async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', at('out')]);
      try {
        expect((await rejection('USAGE', () => pack())).message).to.contain('read-only');
      } finally {
        execFileSync('umount', [at('out')]);
      }
    });

    it('leave nothing when a call fails', async () => {
      const { disk, calls } = failingDisk(1000, 'EIO');
      await pack({ disk });
      const all = calls();
      expect(all).to.be.greaterThan(3);
      execFileSync('rm', [file]);
      for (let n = 1; n <= all; n += 1) {
        const failing = failingDisk(n, 'EIO', { afterwards: true });
        const error: unknown = await pack({ disk: failing.disk }).catch(
          (thrown: unknown) => thrown,
        );
        expect(error, failing.failed()).to.be.instanceOf(Error);
        // What the rename has published is whole.
        expect(inOut().filter((name) => name !== 'bundle.tar.gz')).to.deep.equal([]);
      }
    });

    it('say that there is no room', async () => {
      const room = at('room');
      mkdirSync(room);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', room]);
      try {
        file = join(room, 'bundle.tar.gz');
        const error = await rejection('NO_SPACE', () => pack());
        expect(error.message).to.contain(room);
        expect(readdirSync(room)).to.deep.equal([]);
      } finally {
        execFileSync('umount', [room]);
      }
    });

    it('leave nothing after a signal', async () => {
      const reason = new RebaseError('INTERRUPTED', 'stopped');
      const controller = new AbortController();
      const disk: Disk = {
        ...hostDisk,
        run(...args) {
          const running = hostDisk.run(...args);
          controller.abort(reason);
          return running;
        },
      };
      const error = await rejection('INTERRUPTED', () => pack({ disk, signal: controller.signal }));
      expect(error).to.equal(reason);
      expect(inOut()).to.deep.equal([]);
    });

    it('are not made of files that have changed', async () => {
      const disk: Disk = {
        ...hostDisk,
        run(...args) {
          execFileSync('rm', [at('new', 'small')]);
          return hostDisk.run(...args);
        },
      };
      await rejection('STORE_CHANGED', () => pack({ disk }));
      expect(inOut()).to.deep.equal([]);
    });

    it('are unpacked only while they are what was opened', async () => {
      await pack();
      const bundle = await openBundle(file);
      const bytes = readFileSync(file);
      bytes[bytes.length - 2000]! ^= 1;
      writeFileSync(file, bytes);
      const extracting = { disk: hostDisk, bundle, target: at('extracted') };
      await rejection('BAD_BUNDLE', () => extractBundle(extracting));
      bundle.close();
    });

    it('are unpacked with GNU tar only', async () => {
      await pack();
      const bundle = await openBundle(file);
      mkdirSync(at('bin'));
      writeFileSync(at('bin', 'tar'), '#!/bin/sh\necho "tar (busybox) 1.35"\n');
      chmodSync(at('bin', 'tar'), 0o755);
      const { PATH } = process.env;
      process.env['PATH'] = `${at('bin')}:${PATH}`;
      try {
        const extracting = { disk: hostDisk, bundle, target: at('extracted') };
        await rejection('TOOL_MISSING', () => extractBundle(extracting));
        await rejection('TOOL_MISSING', () => pack());
      } finally {
        process.env['PATH'] = PATH;
        bundle.close();
      }
      expect(readdirSync(folder)).not.to.contain('extracted');
    });
  });

  async function extract(target: string): Promise<void> {
    const bundle = await openBundle(file);
    await extractBundle({ disk: hostDisk, bundle, target });
    bundle.close();
  }
});

type Kind = 'dir' | 'file' | 'symlink' | 'hardlink' | 'fifo' | 'char' | 'whiteout';

interface Item {
  readonly kind: Kind;
  readonly mode: number;
  readonly owner: number;
  readonly content: string;
}

/** What is at each path; only directories have something in them. */
function arbitraryLayer(): fc.Arbitrary<ReadonlyMap<string, Item>> {
  const name = fc.constantFrom('a', 'b', '\xff\n', '-n', `${'l'.repeat(120)}\\1`);
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const item = fc.record({
    kind: fc.constantFrom<Kind>(
      ...(['dir', 'dir', 'file', 'file', 'symlink', 'hardlink'] as const),
      ...(['fifo', 'char', 'whiteout', 'whiteout'] as const),
    ),
    mode: fc.constantFrom(0o644, 0o4755, 0o1777, 0o0),
    owner: fc.constantFrom(0, 1, 3_000_000),
    content: fc.constantFrom('', 'x', 'y'.repeat(1000)),
  });
  return fc.array(fc.tuple(path, item), { maxLength: 12 }).map((wanted) => {
    const items = new Map<string, Item>();
    for (const [each, one] of wanted) {
      const parents = each.split('/').map((_, depth, names) => names.slice(0, depth).join('/'));
      const blocked = parents
        .slice(1)
        .some((parent) => (items.get(parent)?.kind ?? 'dir') !== 'dir');
      if (blocked || items.has(each)) continue;
      for (const parent of parents.slice(1)) {
        if (!items.has(parent))
          items.set(parent, { kind: 'dir', mode: 0o755, owner: 0, content: '' });
      }
      items.set(each, one);
    }
    return new Map([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Unpacks a layer into a folder that it makes; gives the folder. */
function writeLayer(folder: string, items: ReadonlyMap<string, Item>): string {
  const types = { dir: '5', file: '0', symlink: '2', fifo: '6', char: '3', whiteout: '3' } as const;
  const members = [...items].map(([path, { kind, mode, owner, content }]) => {
    // A hard link goes to the first file of the layer, which is in front of it.
    const [first] = [...items].find(([, other]) => other.kind === 'file') ?? [path];
    const isLink = kind === 'hardlink' && first < path;
    const bytes = Buffer.from(kind === 'file' ? content : '');
    const header = headerBytes({
      ...{
        name: path,
        uid: owner % 2_000_000,
        gid: owner % 2_000_000,
        mtime: 1,
        size: bytes.length,
      },
      mode: kind === 'symlink' ? 0o777 : mode,
      type: isLink ? '1' : kind === 'hardlink' ? '0' : types[kind],
      ...(isLink ? { linkName: first } : kind === 'symlink' ? { linkName: '/a' } : {}),
      ...(kind === 'char' ? { major: 1, minor: 3 } : {}),
    });
    return Buffer.concat([header, bytes, paddingOf(bytes.length)]);
  });
  mkdirSync(folder);
  execFileSync('tar', ['-C', folder, '--numeric-owner', '--same-owner', '-xpPf', '-'], {
    input: Buffer.concat([...members, END_OF_ARCHIVE]),
  });
  return folder;
}

/** A line for everything in a tree, sorted. */
function treeLines(tree: MergedTree): string[] {
  return [{ path: '', node: tree.root }, ...walk(tree)]
    .map(({ path, node: { entry } }) => {
      const { type, mode, uid, gid, size, target, device } = entry;
      return JSON.stringify([path, type, mode, uid, gid, size, target, device]);
    })
    .sort();
}
