import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { readNamesInUse } from '../../src/store/names-in-use.ts';
import { buildStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('store/names-in-use', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    mkdirSync(layout.layerdb, { recursive: true });
  });
  afterEach(removeTempDirs);

  it('knows every cache-id and every link of a store', async () => {
    const store = await buildStore(makeTempDir(), {
      images: [{ name: 'app', layers: [{ files: { a: '' } }, { files: { b: '' } }] }],
      containers: [{ name: 'c', image: 'app' }],
    });
    const { cacheIds, links } = readNamesInUse(layoutOf(store.root));
    const { mountId, initId } = store.container('c');
    expect([...cacheIds]).to.include.members([...store.image('app').cacheIds, mountId, initId]);
    expect(links.size).to.equal(4);
  });

  it('counts the cache-id of a layer whose directory is gone', () => {
    file('image/overlay2/layerdb/sha256/ab/cache-id', 'gone\n');
    expect(readNamesInUse(layout).cacheIds.has('gone')).to.equal(true);
  });

  it('counts the cache-ids that dockerd will delete at its next shutdown', () => {
    file(`image/overlay2/layerdb/sha256/${'a'.repeat(64)}-1234-removing/cache-id`, 'doomed');
    expect(readNamesInUse(layout).cacheIds.has('doomed')).to.equal(true);
  });

  it('counts the mounts of containers whose directories are gone', () => {
    file('image/overlay2/layerdb/mounts/c1/mount-id', 'upper');
    file('image/overlay2/layerdb/mounts/c1/init-id', 'upper-init\n');
    expect([...readNamesInUse(layout).cacheIds]).to.include.members(['upper', 'upper-init']);
  });

  it('counts directories that no layer names, and links that lead nowhere', () => {
    mkdirSync(join(layout.overlay, 'orphan'), { recursive: true });
    mkdirSync(layout.links);
    symlinkSync('../nowhere/diff', join(layout.links, 'DANGLING'));
    const { cacheIds, links } = readNamesInUse(layout);
    expect([...cacheIds]).to.include('orphan');
    expect([...links]).to.deep.equal(['DANGLING']);
  });

  it('is not stopped by an entry without cache-id, or by a file among the entries', () => {
    mkdirSync(join(layout.layerdb, 'empty'));
    file('image/overlay2/layerdb/sha256/file', '');
    expect(readNamesInUse(layout).cacheIds.size).to.equal(0);
  });

  it("is not stopped by somebody else's damaged layer", () => {
    file('image/overlay2/layerdb/sha256/ab/cache-id', Buffer.from([0xff, 0x80]));
    mkdirSync(join(layout.layerdb, 'cd/cache-id'), { recursive: true });
    expect(() => readNamesInUse(layout)).not.to.throw();
  });

  function file(name: string, bytes: string | Buffer): void {
    const path = join(layout.root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
  }
});
