import { mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { asChainID, type ChainID } from '../../src/domain/digest.ts';
import type { LayerRecord } from '../../src/domain/snapshot.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { readLayer } from '../../src/store/read-layer.ts';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('store/read-layer', () => {
  let store: BuiltStore;
  let layout: Layout;
  let chainId: ChainID;

  beforeEach(async () => {
    store = await buildStore(makeTempDir(), {
      images: [
        { name: 'base', layers: [{ files: { a: 'a' } }] },
        { name: 'app', from: 'base', layers: [{ files: { b: 'b' } }] },
      ],
    });
    layout = layoutOf(store.root);
    chainId = asChainID(store.image('app').chainIds[1])!;
  });
  afterEach(removeTempDirs);

  it('reads an entry with its overlay2 directory', () => {
    const app = store.image('app');
    const { directory, ...facts } = layer();
    expect(facts).to.deep.equal({
      chainId,
      diff: app.diffIds[1],
      size: '1',
      cacheId: app.cacheIds[1],
      parent: app.chainIds[0],
    });
    expect(directory).to.include({
      hasDiff: true,
      linkTarget: `../${app.cacheIds[1]!}/diff`,
      committed: false,
    });
    expect(directory?.lower).to.match(/^l\/[A-Z2-7]{26}$/);
  });

  it('says that a base has no parent and no lower, and that it has a child', () => {
    const base = readLayer(layout, asChainID(store.image('base').chainIds[0])!)!;
    expect(base.parent).to.equal(undefined);
    expect(base.directory).to.include({ lower: undefined, committed: true });
  });

  it('knows no entry that is not there, or is a file', () => {
    const other = asChainID(`sha256:${'0'.repeat(64)}`)!;
    expect(readLayer(layout, other)).to.equal(undefined);
    writeFileSync(join(layout.layerdb, '0'.repeat(64)), '');
    expect(readLayer(layout, other)).to.equal(undefined);
  });

  it('trims diff, cache-id and parent, as dockerd does', () => {
    const { diff, cacheId, parent } = layer();
    entry('diff', `${diff!}\n`);
    entry('cache-id', ` ${cacheId!}\n`);
    entry('parent', `${parent!}\t\n`);
    expect(layer()).to.include({ diff, cacheId, parent });
    expect(layer().directory?.hasDiff).to.equal(true);
  });

  it('trims neither size nor link nor lower, as dockerd does not', () => {
    const { link, lower } = layer().directory!;
    entry('size', '1\n');
    overlay('link', `${link!}\n`);
    overlay('lower', `${lower!}\n`);
    const { size, directory } = layer();
    expect(size).to.equal('1\n');
    expect(directory).to.include({ link: `${link!}\n`, lower: `${lower!}\n` });
    // A link that is no link name is never joined to a path.
    expect(directory?.linkTarget).to.equal(undefined);
  });

  for (const name of ['diff', 'size', 'cache-id', 'parent']) {
    it(`says that the file ${name} is missing`, () => {
      rmSync(join(store.layerdbOf('app', 1), name));
      const key = name === 'cache-id' ? 'cacheId' : (name as 'diff' | 'size' | 'parent');
      expect(layer()[key]).to.equal(undefined);
    });

    it(`does not fail when ${name} holds no text, or is a folder`, () => {
      entry(name, Buffer.from([0xff, 0xfe, 0x80]));
      expect(() => layer()).not.to.throw();
      rmSync(join(store.layerdbOf('app', 1), name));
      mkdirSync(join(store.layerdbOf('app', 1), name));
      expect(() => layer()).not.to.throw();
    });
  }

  for (const cacheId of ['..', '.', '../../etc', '/etc', 'a/b', '', 'a\0b', 'l/../l']) {
    it(`never leaves overlay2 for the cache-id ${JSON.stringify(cacheId)}`, () => {
      entry('cache-id', cacheId);
      expect(layer().cacheId).to.equal(cacheId.trim());
      expect(layer().directory).to.equal(undefined);
    });
  }

  it('says that the overlay2 directory is missing, a file, or a symlink', () => {
    const directory = join(layout.overlay, layer().cacheId!);
    rmSync(directory, { recursive: true });
    expect(layer().directory).to.equal(undefined);
    writeFileSync(directory, '');
    expect(layer().directory).to.equal(undefined);
    unlinkSync(directory);
    symlinkSync(store.image('base').cacheIds[0]!, directory);
    expect(layer().directory).to.equal(undefined);
  });

  it('says that diff is missing, or a symlink', () => {
    rmSync(store.diffOf('app', 1), { recursive: true });
    expect(layer().directory?.hasDiff).to.equal(false);
    symlinkSync('/etc', store.diffOf('app', 1));
    expect(layer().directory?.hasDiff).to.equal(false);
  });

  it('says where the entry in l/ leads, if anywhere', () => {
    const link = join(layout.links, layer().directory!.link!);
    unlinkSync(link);
    expect(layer().directory?.linkTarget).to.equal(undefined);
    symlinkSync('/somewhere/else', link);
    expect(layer().directory?.linkTarget).to.equal('/somewhere/else');
    unlinkSync(link);
    writeFileSync(link, 'a file');
    expect(layer().directory?.linkTarget).to.equal(undefined);
  });

  function layer(): LayerRecord {
    return readLayer(layout, chainId)!;
  }

  function entry(name: string, bytes: string | Buffer): void {
    writeFileSync(join(store.layerdbOf('app', 1), name), bytes);
  }

  function overlay(name: string, text: string): void {
    writeFileSync(join(layout.overlay, store.image('app').cacheIds[1]!, name), text);
  }
});
