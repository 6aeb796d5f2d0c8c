import { closeSync, lstatSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import fse from 'fs-extra';

import { asChainID, type ChainID } from '../../src/domain/digest.ts';
import type { LayerIndex } from '../../src/domain/layer-index.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { readLayerIndex } from '../../src/store/read-layer-index.ts';
import { walkLayer } from '../../src/store/walk-layer.ts';
import { comparableIndex } from '../support/comparable-index.ts';
import { tarSplitOf } from '../support/store/hand-made-tar.ts';
import { buildStore, type BuiltStore, type FileSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { damageIn } from './damage.ts';

const FILES: Readonly<Record<string, FileSpec>> = {
  'usr/bin/tool': { content: 'tool', mode: 0o4755, uid: 3, gid: 4 },
  'usr/bin/other': { kind: 'hardlink', target: 'usr/bin/tool' },
  'usr/lib/zeros': { size: 5_000_000 },
  'usr/link': { kind: 'symlink', target: '../\xff', mode: 0o777 },
  'etc/gone': { kind: 'whiteout' },
  'etc/fresh': { kind: 'dir', opaque: true, mode: 0o1777 },
  'etc/fresh/\xfe\n': 'bytes',
  'dev/null': { kind: 'char', major: 1, minor: 3 },
  'dev/sda': { kind: 'block', major: 259, minor: 70_000, mode: 0o660 },
  'run/pipe': { kind: 'fifo' },
  [`${'long/'.repeat(60)}name`]: 'deep',
  empty: '',
};

describe('store/read-layer-index', () => {
  let store: BuiltStore;

  beforeEach(async () => {
    store = await buildStore(makeTempDir(), {
      images: [{ name: 'a', layers: [{ files: { a: 'x' } }, { files: FILES, names: 'latin1' }] }],
    });
  });
  afterEach(removeTempDirs);

  it('tells the same from the tar-split file and from the directory', () => {
    const [split, walked] = [index(), walkLayer(layoutOf(store.root), cacheId())];
    expect([split.source, walked.source]).to.deep.equal(['tar-split', 'directory']);
    expect(comparableIndex(split)).to.deep.equal(comparableIndex(walked));
    expect(split.entries).to.have.length(78);
    expect([...split.whiteouts]).to.deep.equal(['etc/gone']);
    expect([...split.opaque]).to.deep.equal(['etc/fresh']);
  });

  it('knows checksums from the tar-split file alone', () => {
    const crcs = (each: LayerIndex): number => each.entries.filter(({ crc }) => crc).length;
    expect(crcs(index())).to.equal(5);
    breakTarSplit('missing');
    expect(crcs(index())).to.equal(0);
  });

  for (const how of ['missing', 'empty', 'cut', 'no-json', 'odd'] as const) {
    it(`walks the directory when the tar-split file is ${how}`, () => {
      const before = index();
      breakTarSplit(how);
      expect(index().source).to.equal('directory');
      expect(comparableIndex(index())).to.deep.equal(comparableIndex(before));
    });
  }

  it('gives the owners inside containers where root is remapped', async () => {
    store = await buildStore(join(makeTempDir(), '100000.200000'), {
      images: [
        { name: 'a', layers: [{ files: { a: { content: 'x', uid: 100005, gid: 200007 } } }] },
      ],
    });
    breakTarSplit('missing');
    expect(index().entries.find(({ path }) => path === 'a')).to.include({ uid: 5, gid: 7 });
  });

  it('reads the tar-split file although the directory is gone', () => {
    const before = index();
    rmSync(store.diffOf('a', -1), { recursive: true });
    expect(index()).to.deep.equal(before);
  });

  it('calls a layer damaged that has neither, and names what is missing', () => {
    rmSync(store.diffOf('a', -1), { recursive: true });
    breakTarSplit('cut');
    expect(damageIn(index)?.message).to.include('diff cannot be read (no directory)');
  });

  it('calls a layer damaged that has no tar-split file and no known directory', () => {
    breakTarSplit('missing');
    const location = { chainId: chainId(), cacheId: undefined };
    const error = damageIn(() => readLayerIndex(layoutOf(store.root), location));
    expect(error?.message).to.include('tar-split.json.gz cannot be read (ENOENT)');
  });

  it('follows no symlink out of the directory', () => {
    const outside = join(store.root, 'outside');
    fse.outputFileSync(join(outside, 'secret'), 'of the host');
    fse.symlinkSync(outside, join(store.diffOf('a', -1), 'way-out'));
    breakTarSplit('missing');
    const { entries } = index();
    expect(entries.find(({ path }) => path === 'way-out')).to.include({
      type: 'symlink',
      target: outside,
    });
    expect(entries.some(({ path }) => path.startsWith('way-out/'))).to.equal(false);
  });

  it('takes no directory that is a symlink itself', () => {
    const diff = store.diffOf('a', -1);
    fse.moveSync(diff, join(store.root, 'elsewhere'));
    fse.symlinkSync(join(store.root, 'elsewhere'), diff);
    breakTarSplit('missing');
    expect(damageIn(index)?.message).to.include('diff cannot be read (no directory)');
  });

  it('leaves sockets out, as the tar of a layer does', async () => {
    const before = index();
    const server = createServer();
    // Through /proc: the path of a socket must be short.
    const folder = openSync(store.diffOf('a', -1), 'r');
    await new Promise((resolve) => {
      server.listen(`/proc/self/fd/${folder}/socket`, () => {
        resolve(undefined);
      });
    });
    try {
      expect(lstatSync(join(store.diffOf('a', -1), 'socket')).isSocket()).to.equal(true);
      breakTarSplit('missing');
      expect(comparableIndex(index())).to.deep.equal(comparableIndex(before));
    } finally {
      await new Promise((resolve) => server.close(resolve));
      closeSync(folder);
    }
  });

  function index(): LayerIndex {
    return readLayerIndex(layoutOf(store.root), { chainId: chainId(), cacheId: cacheId() });
  }

  function chainId(): ChainID {
    return asChainID(store.image('a').chainIds.at(-1))!;
  }

  function cacheId(): string {
    return store.image('a').cacheIds.at(-1)!;
  }

  function breakTarSplit(how: 'missing' | 'empty' | 'cut' | 'no-json' | 'odd'): void {
    const file = join(store.layerdbOf('a', -1), 'tar-split.json.gz');
    const bytes = fse.readFileSync(file);
    rmSync(file);
    // What dockerd could not have unpacked is no index of this layer.
    const odd = tarSplitOf([{ name: 'a' }, { name: 'a/b' }]);
    const broken = {
      missing: undefined,
      empty: Buffer.alloc(0),
      cut: bytes.subarray(0, bytes.length / 2),
      'no-json': gzipSync('{"type":2,\n'),
      odd: gzipSync(odd),
    }[how];
    if (broken !== undefined) writeFileSync(file, broken);
  }
});
