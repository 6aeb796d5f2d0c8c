import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { asChainID, asImageID } from '../../../src/domain/digest.ts';
import type { OverlayVersion } from '../../../src/domain/overlay/version.ts';
import { activeDirectory, activeFolder, isModified } from '../../../src/store/active-directory.ts';
import { layoutOf } from '../../../src/store/layout.ts';
import { readAllVersions, readLayerVersions } from '../../../src/store/overlay/read-versions.ts';
import { readFileFact } from '../../../src/store/read-file-fact.ts';
import { readLayerIndex } from '../../../src/store/read-layer-index.ts';
import { refusal } from '../../resolve/refusal.ts';
import { buildStore, type BuiltStore } from '../../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';

describe('store/overlay/read-versions', () => {
  let store: BuiltStore;
  let directory: string;
  let cacheId: string;
  let layout: ReturnType<typeof layoutOf>;

  beforeEach(async () => {
    store = await buildStore(join(makeTempDir(), 'store'), {
      images: [
        { name: 'base', tags: ['base:1'], layers: [{ files: { release: '1', own: 'x' } }] },
        { name: 'app', from: 'base', tags: ['app:1'], layers: [{ files: { run: 'run' } }] },
      ],
    });
    layout = layoutOf(store.root);
    cacheId = store.image('base').cacheIds[0]!;
    directory = join(layout.overlay, cacheId);
  });
  afterEach(removeTempDirs);

  function versionOf(version: string): OverlayVersion {
    const { imageId, chainIds } = store.image('base');
    const base = { name: 'base:1', imageId: asImageID(imageId)!, chainId: asChainID(chainIds[0])! };
    return { version, base, shows: { ...base, name: 'base:2' }, union: true, transaction: 7 };
  }

  function build(version: string): void {
    mkdirSync(join(directory, `diff.${version}`));
    const record = JSON.stringify(versionOf(version));
    writeFileSync(join(directory, `rebase-image.${version}.json`), record);
  }

  function lead(target: string): void {
    const link = join(layout.links, readFileSync(join(directory, 'link'), 'utf8'));
    rmSync(link);
    symlinkSync(target, link);
  }

  it('of a layer as dockerd made it are none, and its own files are seen', () => {
    const nothing = { versions: [], unknown: [], strays: [] };
    expect(readLayerVersions(layout, cacheId)).to.deep.equal({
      ...{ cacheId, active: 'diff' },
      ...nothing,
    });
    expect(readAllVersions(layout)).to.deep.equal([]);
    expect(activeDirectory(layout, cacheId)).to.equal(join(directory, 'diff'));
    expect(isModified(layout, cacheId)).to.equal(false);
  });

  it('are told in the order of their names, with all that their records say', () => {
    build('20220628');
    build('12.5');
    expect(readLayerVersions(layout, cacheId)?.versions).to.deep.equal([
      versionOf('12.5'),
      versionOf('20220628'),
    ]);
    expect(readAllVersions(layout).map((layer) => layer.cacheId)).to.deep.equal([cacheId]);
  });

  it('are seen through the link that leads to them', () => {
    build('2');
    writeFileSync(join(directory, 'diff.2/release'), '2');
    lead(`../${cacheId}/diff.2`);
    expect(activeFolder(layout, cacheId)).to.equal('diff.2');
    expect(isModified(layout, cacheId)).to.equal(true);
    const chainId = asChainID(store.image('base').chainIds[0])!;
    const { source, entries } = readLayerIndex(layout, { chainId, cacheId });
    expect(source).to.equal('version');
    expect(entries.map(({ path }) => path)).to.deep.equal(['', 'release']);
    expect(readFileFact(layout, cacheId, { path: 'release', want: 'text' })).to.deep.equal({
      kind: 'bytes',
      bytes: '2',
    });
    expect(readFileFact(layout, cacheId, { path: 'own', want: 'text' })).to.deep.equal({
      kind: 'unreadable',
      reason: 'it is not there',
    });
  });

  for (const target of [
    '../CACHE/diff.',
    '../CACHE/diff.a/b',
    '../other/diff.2',
    '/etc',
    '../CACHE',
  ]) {
    it(`are not what a link to ${target} leads to, and the own files are read`, () => {
      lead(target.replace('CACHE', cacheId));
      expect(activeFolder(layout, cacheId)).to.equal(undefined);
      expect(readLayerVersions(layout, cacheId)?.active).to.equal(undefined);
      expect(activeDirectory(layout, cacheId)).to.equal(join(directory, 'diff'));
    });
  }

  it('are not what has no folder, no record, or a record of no use', () => {
    build('1');
    build('2');
    build('3');
    rmSync(join(directory, 'diff.1'), { recursive: true });
    rmSync(join(directory, 'rebase-image.2.json'));
    writeFileSync(join(directory, 'rebase-image.3.json'), '{}');
    symlinkSync('/etc', join(directory, 'diff.4'));
    mkdirSync(join(directory, 'rebase-image-5-build'));
    expect(readLayerVersions(layout, cacheId)).to.deep.include({
      versions: [],
      unknown: ['diff.2', 'diff.3', 'diff.4'],
      strays: ['rebase-image-5-build', 'rebase-image.1.json', 'rebase-image.3.json'],
    });
  });

  it('of what is no layer directory are not read', () => {
    for (const name of ['..', '../image', '', 'f'.repeat(64), 'l/x']) {
      expect(readLayerVersions(layout, name), name).to.equal(undefined);
    }
    const error = refusal(() => activeDirectory(layout, '../image'));
    expect(error.code).to.equal('STORE_DAMAGED');
  });
});
