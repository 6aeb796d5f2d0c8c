import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fse from 'fs-extra';

import { asChainID } from '../../src/domain/digest.ts';
import { layoutOf } from '../../src/store/layout.ts';
import {
  reassembleLayer,
  type DamagedFile,
  type Reassembled,
  type ReassembleOptions,
} from '../../src/store/reassemble-layer.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type BuiltStore, type FileSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const FILES: Readonly<Record<string, FileSpec>> = {
  a: 'the first',
  'd/b': 'the second',
  'd/big': { size: 3 * 2 ** 20 + 5 },
  'd/hard': { kind: 'hardlink', target: 'd/b' },
  'd/link': { kind: 'symlink', target: '/etc/passwd' },
  'd/gone': { kind: 'whiteout' },
  empty: '',
  '\xff\n': 'bytes',
};

describe('store/reassemble-layer', () => {
  let store: BuiltStore;

  beforeEach(async () => {
    store = await buildStore(makeTempDir(), {
      images: [{ name: 'a', layers: [{ files: FILES, names: 'latin1' }] }],
    });
  });
  afterEach(removeTempDirs);

  it('gives the DiffID of a sound layer', async () => {
    for (const checksums of [false, true]) {
      expect(await reassembled({ checksums })).to.deep.equal({ diffId: diffId(), damaged: [] });
    }
  });

  it('gives another DiffID when a byte differs, and tells where when asked for it', async () => {
    writeFileSync(inLayer('d/b'), 'the seconD');
    const { diffId: other, damaged } = await reassembled();
    expect(other).to.not.equal(diffId());
    expect(damaged).to.deep.equal([]);
    expect(await damage({ checksums: true })).to.deep.equal(['d/b: its content has changed']);
  });

  it('ignores what is no part of the tar, as docker save does', async () => {
    fse.outputFileSync(inLayer('extra/file'), 'more');
    fse.chmodSync(inLayer('a'), 0o600);
    expect(await reassembled()).to.deep.equal({ diffId: diffId(), damaged: [] });
  });

  const changes: [string, () => void, string][] = [
    [
      'a missing file',
      () => {
        rmSync(inLayer('a'));
      },
      'a: it is not there',
    ],
    [
      'a missing directory',
      () => {
        rmSync(inLayer('d'), { recursive: true });
      },
      'd/b: it is not there',
    ],
    [
      'a shorter file',
      () => {
        fse.truncateSync(inLayer('d/big'), 9);
      },
      `d/big: it is shorter than the ${3 * 2 ** 20 + 5} bytes of the layer`,
    ],
    [
      'a longer file',
      () => {
        fse.appendFileSync(inLayer('a'), '+');
      },
      'a: it is longer than the 9 bytes of the layer',
    ],
    [
      'a directory in its place',
      () => {
        rmSync(inLayer('a'));
        fse.mkdirSync(inLayer('a'));
      },
      'a: it is no regular file',
    ],
    [
      'a symlink to the host in its place',
      () => {
        rmSync(inLayer('a'));
        fse.symlinkSync('/etc/passwd', inLayer('a'));
      },
      'a: it is no regular file',
    ],
    [
      'a symlink on the way to it',
      () => {
        fse.moveSync(inLayer('d'), inLayer('e'));
        fse.symlinkSync('/etc', inLayer('d'));
      },
      'd/b: it is not there',
    ],
  ];
  for (const [what, change, line] of changes) {
    it(`names the file of ${what}`, async () => {
      change();
      expect((await reassembled()).diffId).to.not.equal(diffId());
      expect(await damage()).to.include(line);
    });
  }

  it('names files by their bytes', async () => {
    fse.removeSync(store.diffOf('a', 0));
    expect((await damage()).map((line) => line.split(':')[0])).to.include('\xff\n');
  });

  it('refuses a tar-split file that is missing or cut short', async () => {
    const file = join(store.layerdbOf('a', 0), 'tar-split.json.gz');
    fse.truncateSync(file, 100);
    await rejection('STORE_DAMAGED', () => reassembled());
    rmSync(file);
    const error = await rejection('STORE_DAMAGED', () => reassembled());
    expect(error.message).to.include('tar-split.json.gz cannot be read (ENOENT)');
  });

  function reassembled(options?: ReassembleOptions): Promise<Reassembled> {
    const { chainIds, cacheIds } = store.image('a');
    const location = { chainId: asChainID(chainIds[0])!, cacheId: cacheIds[0]! };
    return reassembleLayer(layoutOf(store.root), location, options);
  }

  async function damage(options?: ReassembleOptions): Promise<string[]> {
    return (await reassembled(options)).damaged.map(
      ({ path, reason }: DamagedFile) => `${path}: ${reason}`,
    );
  }

  function diffId(): string {
    return store.image('a').diffIds[0]!;
  }

  function inLayer(path: string): string {
    return join(store.diffOf('a', 0), path);
  }
});
