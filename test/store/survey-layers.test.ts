import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fse from 'fs-extra';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { LARGE_FILE, surveyLayers, type LayerSurvey } from '../../src/store/survey-layers.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type FileSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const BIG = 'x'.repeat(LARGE_FILE);

describe('store/survey-layers', () => {
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
    const surveys = surveyLayers(layout, ['a', 'b']);
    expect(['a', 'b'].map((id) => surveys.get(id)?.size.largeFiles)).to.deep.equal([1, 1]);
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

  it('lists the large files, all names of a hard-linked one together', async () => {
    const { diff, survey } = await layerOf({ small: 's', one: BIG, 'deep/down/bigger': BIG });
    linkSync(join(diff, 'one'), join(diff, 'deep/two'));
    const large = survey().large.map((names) => [...names].sort());
    expect(large).to.have.deep.members([['deep/down/bigger'], ['deep/two', 'one']]);
  });

  it('lists every name of what is neither file, directory nor symlink', async () => {
    const { diff, survey } = await layerOf({
      'a/gone': { kind: 'whiteout' },
      null: { kind: 'char', major: 1, minor: 3 },
      pipe: { kind: 'fifo' },
      link: { kind: 'symlink', target: 'a' },
    });
    linkSync(join(diff, 'null'), join(diff, 'a/null'));
    expect([...survey().special].sort()).to.deep.equal(['a/gone', 'a/null', 'null', 'pipe']);
  });

  it('lists every directory, and the files that may be a metacopy', async () => {
    const { id, survey } = await layerOf({
      'a/b': 'content',
      'a/empty': '',
      'c/hollow': { size: 50_000 },
      'c/full': BIG,
    });
    const { directories, hollow } = survey();
    const below = [...directories, ...hollow].map((path) => path.replace(`${id}/diff`, '')).sort();
    expect(below).to.deep.equal(['', '/a', '/a/empty', '/c', '/c/hollow']);
  });

  it('keeps names that are no text, begin with a dash or hold a newline', async () => {
    const odd = ['\xff\xe9', '-rf', 'a\nb', ' ', ' 1 2 ', "'$(x)'", 'tab\there', '\\0'];
    const { id, diff, survey } = await layerOf({});
    for (const name of odd) {
      mkdirSync(Buffer.from(join(diff, `in${name}`), 'latin1'));
      writeFileSync(Buffer.from(join(diff, name), 'latin1'), BIG);
    }
    const { large, directories } = survey();
    expect(large.flat().sort()).to.deep.equal([...odd].sort());
    const folders = directories.slice(1).map((path) => path.replace(`${id}/diff/in`, ''));
    expect(folders.sort()).to.deep.equal([...odd].sort());
    // Node cannot remove names that are no UTF-8.
    execFileSync('rm', ['-rf', diff]);
  });

  it('surveys many layers at once, each for itself', () => {
    const ids = Array.from({ length: 300 }, (_, i) => `layer${String(i)}`);
    for (const [i, id] of ids.entries()) layer(id, i % 2 === 0 ? { a: BIG } : { a: '', b: '' });
    const surveys = surveyLayers(layout, ids);
    expect([...surveys.keys()]).to.deep.equal(ids);
    expect(ids.map((id) => surveys.get(id)?.size.files)).to.deep.equal(
      ids.map((_, i) => (i % 2 === 0 ? 1 : 2)),
    );
  });

  it('surveys no layers at all', () => {
    expect(surveyLayers(layout, []).size).to.equal(0);
  });

  it('calls a layer whose files are gone damage, in one line', async () => {
    const error = await rejection('STORE_DAMAGED', () => surveyLayers(layout, ['gone', 'too']));
    expect(error.message).to.contain('gone').and.not.contain('\n');
  });

  function sizeOf(id: string): LayerSurvey['size'] {
    return surveyLayers(layout, [id]).get(id)!.size;
  }

  async function sizeOfLayer(files: Record<string, FileSpec>): Promise<LayerSurvey['size']> {
    return (await layerOf(files)).survey().size;
  }

  async function layerOf(
    files: Record<string, FileSpec>,
  ): Promise<{ id: string; diff: string; survey: () => LayerSurvey }> {
    const store = await buildStore(makeTempDir(), { images: [{ name: 'a', layers: [{ files }] }] });
    const id = store.image('a').cacheIds[0]!;
    const survey = (): LayerSurvey => surveyLayers(layoutOf(store.root), [id]).get(id)!;
    return { id, diff: store.diffOf('a', 0), survey };
  }

  function layer(id: string, files: Record<string, string>): void {
    fse.ensureDirSync(join(layout.overlay, id, 'diff'));
    for (const [name, content] of Object.entries(files)) {
      fse.outputFileSync(join(layout.overlay, id, 'diff', name), content);
    }
  }
});
