import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { asChainID, type ChainID } from '../../../src/domain/digest.ts';
import { nodeAt, walk, type MergedTree } from '../../../src/domain/merged-tree.ts';
import { layoutOf } from '../../../src/store/layout.ts';
import { openBaseTrees } from '../../../src/store/overlay/base-trees.ts';
import { readLayer } from '../../../src/store/read-layer.ts';
import { buildStore, type BuiltStore } from '../../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';
import { damageIn } from '../damage.ts';

describe('store/overlay/base-trees', () => {
  let store: BuiltStore;
  beforeEach(async () => {
    store = await buildStore(makeTempDir(), {
      images: [
        { name: 'low', layers: [{ files: { 'etc/a': 'low' } }] },
        { name: 'old', from: 'low', layers: [{ files: { 'etc/b': 'old' } }] },
        { name: 'new', from: 'low', layers: [{ files: { 'etc/a': { kind: 'whiteout' } } }] },
      ],
    });
  });
  afterEach(removeTempDirs);

  it('gives trees of the folders, which share the layers that they share', () => {
    const trees = openBaseTrees(layoutOf(store.root));
    const [old, below] = [trees.stack(chains('old')), trees.stack(chains('low'))];
    expect(pathsIn(old)).to.deep.equal(['etc', 'etc/a', 'etc/b']);
    expect(pathsIn(trees.stack(chains('new')))).to.deep.equal(['etc']);
    const [a, same] = [nodeAt(old, 'etc/a')!, nodeAt(below, 'etc/a')!];
    expect([a.layer, a.entry]).to.deep.equal([same.layer, same.entry]);
    expect(a.layer).to.equal(same.layer);
    expect(trees.sourceOf(a.layer!)).to.deep.equal({
      folder: store.diffOf('low', 0),
      owned: false,
    });
    expect(pathsIn(trees.stack([]))).to.deep.equal([]);
  });

  it('follows the mounted folders, of the top one only as it is told', () => {
    switchTo('low', 'v1', { c: 'low v1' });
    switchTo('old', 'v2', { d: 'old v2' });
    const trees = openBaseTrees(layoutOf(store.root));
    const stack = chains('old');
    expect(pathsIn(trees.stack(stack))).to.deep.equal(['c', 'd']);
    expect(pathsIn(trees.stack(stack, { top: 'diff' }))).to.deep.equal(['c', 'etc', 'etc/b']);
    expect(pathsIn(trees.stack(stack, { original: true }))).to.deep.equal([
      ...['etc', 'etc/a', 'etc/b'],
    ]);
    expect(pathsIn(trees.stack(stack, { original: true, top: 'diff.v2' }))).to.deep.equal([
      ...['d', 'etc', 'etc/a'],
    ]);
    const { layer } = nodeAt(trees.stack(stack), 'd')!;
    expect(trees.sourceOf(layer!).folder).to.equal(`${store.diffOf('old', -1)}.v2`);
  });

  it('takes owners as they are inside containers where root is remapped', async () => {
    store = await buildStore(join(makeTempDir(), '100000.200000'), {
      images: [{ name: 'old', layers: [{ files: { a: { content: '', uid: 100_005 } } }] }],
    });
    const tree = openBaseTrees(layoutOf(store.root)).stack(chains('old'));
    expect(nodeAt(tree, 'a')!.entry.uid).to.equal(5);
  });

  for (const mark of ['redirect', 'metacopy']) {
    it(`refuses a folder that shows others by name: ${mark}`, () => {
      const folder = join(store.diffOf('old', -1), 'etc');
      execFileSync('setfattr', ['-n', `trusted.overlay.${mark}`, '-v', '/x', folder]);
      expect(() => openBaseTrees(layoutOf(store.root)).stack(chains('old')))
        .to.throw(`etc has an overlay ${mark}`)
        .with.property('code', 'STORE_UNSUPPORTED');
    });
  }

  it('calls a stack damaged of which a layer or its folder is missing', () => {
    const missing = asChainID(`sha256:${'0'.repeat(64)}`)!;
    const trees = openBaseTrees(layoutOf(store.root));
    expect(damageIn(() => trees.stack([missing]))?.message).to.contain('is not in the store');
    renameSync(store.diffOf('old', -1), join(store.root, 'elsewhere'));
    expect(damageIn(() => trees.stack(chains('old')))?.message).to.contain('cannot be read');
  });

  function chains(name: string): ChainID[] {
    return store.image(name).chainIds.map((chainId) => asChainID(chainId)!);
  }

  /** Makes `diff.<version>` of an image's top layer, and mounts it. */
  function switchTo(name: string, version: string, files: Record<string, string>): void {
    const folder = `${store.diffOf(name, -1)}.${version}`;
    mkdirSync(folder);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    const layout = layoutOf(store.root);
    const { cacheId, directory } = readLayer(layout, chains(name).at(-1)!)!;
    const temporary = join(layout.links, 'temporary');
    symlinkSync(`../${cacheId}/diff.${version}`, temporary);
    renameSync(temporary, join(layout.links, directory!.link!));
  }
});

function pathsIn(tree: MergedTree): string[] {
  return [...walk(tree)].map(({ path }) => path).sort();
}
