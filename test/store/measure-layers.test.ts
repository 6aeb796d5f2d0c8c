import { linkSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fse from 'fs-extra';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { LARGE_FILE } from '../../src/store/large-files.ts';
import { measureLayers, type LayerSize } from '../../src/store/measure-layers.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type FileSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const BIG = 'x'.repeat(LARGE_FILE);

describe('store/measure-layers', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    fse.ensureDirSync(layout.overlay);
  });
  afterEach(removeTempDirs);

  it('finds nothing but its root in an empty layer', () => {
    layer('a', {});
    expect(sizeOf('a')).to.deep.include({
      directories: 1,
      files: 0,
      fileBytes: 0,
      largeFiles: 0,
      largeBytes: 0,
    });
  });

  it('counts directories, files and the bytes that they take on disk', () => {
    layer('a', { 'etc/passwd': 'root', 'etc/ssl/cert': 'c', empty: '' });
    const { directories, files, fileBytes } = sizeOf('a');
    expect({ directories, files }).to.deep.equal({ directories: 3, files: 3 });
    expect(fileBytes).to.be.within(2, 2 * 64 * 1024);
  });

  it('calls a file large from exactly 64 KiB on', () => {
    layer('a', { small: BIG.slice(1), big: BIG, 'deep/down/bigger': `${BIG}x` });
    const { largeFiles, largeBytes } = sizeOf('a');
    expect(largeFiles).to.equal(2);
    expect(largeBytes).to.be.within(2 * LARGE_FILE, 2 * LARGE_FILE + 65_536);
  });

  it('counts a hard-linked file and its bytes once', () => {
    layer('a', { one: BIG, 'folder/x': '' });
    linkSync(join(layout.overlay, 'a/diff/one'), join(layout.overlay, 'a/diff/folder/two'));
    const { files, largeFiles, largeBytes } = sizeOf('a');
    expect({ files, largeFiles }).to.deep.equal({ files: 2, largeFiles: 1 });
    expect(largeBytes).to.be.below(2 * LARGE_FILE);
  });

  it('counts a file that two layers share in each of them', () => {
    layer('a', { one: BIG });
    layer('b', {});
    linkSync(join(layout.overlay, 'a/diff/one'), join(layout.overlay, 'b/diff/one'));
    const sizes = measureLayers(layout, ['a', 'b']);
    expect([sizes.get('a')?.largeFiles, sizes.get('b')?.largeFiles]).to.deep.equal([1, 1]);
  });

  it('counts blocks of a sparse file, not its length', async () => {
    const size = await sizeOfLayer({ sparse: { size: 50_000_000 } });
    expect(size).to.include({ files: 1, largeFiles: 1 });
    expect(size.fileBytes).to.be.below(65_536);
  });

  it('counts whiteouts, devices, fifos and symlinks as files that are never large', async () => {
    const size = await sizeOfLayer({
      gone: { kind: 'whiteout' },
      null: { kind: 'char', major: 1, minor: 3 },
      pipe: { kind: 'fifo' },
      link: { kind: 'symlink', target: 'x'.repeat(200) },
    });
    expect(size).to.include({ directories: 1, files: 4, largeFiles: 0 });
  });

  it('measures many layers at once, each for itself', () => {
    const ids = Array.from({ length: 300 }, (_, i) => `layer${String(i)}`);
    for (const [i, id] of ids.entries()) layer(id, i % 2 === 0 ? { a: BIG } : { a: '', b: '' });
    const sizes = measureLayers(layout, ids);
    expect([...sizes.keys()]).to.deep.equal(ids);
    expect(ids.map((id) => sizes.get(id)?.files)).to.deep.equal(
      ids.map((_, i) => (i % 2 === 0 ? 1 : 2)),
    );
  });

  it('measures no layers at all', () => {
    expect(measureLayers(layout, []).size).to.equal(0);
  });

  it('calls a layer whose files are gone damage, in one line', async () => {
    const error = await rejection('STORE_DAMAGED', () => measureLayers(layout, ['gone', 'too']));
    expect(error.message).to.contain('gone').and.not.contain('\n');
  });

  function sizeOf(id: string): LayerSize {
    return measureLayers(layout, [id]).get(id)!;
  }

  async function sizeOfLayer(files: Record<string, FileSpec>): Promise<LayerSize> {
    const store = await buildStore(makeTempDir(), { images: [{ name: 'a', layers: [{ files }] }] });
    const id = store.image('a').cacheIds[0]!;
    return measureLayers(layoutOf(store.root), [id]).get(id)!;
  }

  function layer(id: string, files: Record<string, string>): void {
    fse.ensureDirSync(join(layout.overlay, id, 'diff'));
    for (const [name, content] of Object.entries(files)) {
      fse.outputFileSync(join(layout.overlay, id, 'diff', name), content);
    }
  }
});
