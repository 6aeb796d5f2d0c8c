/** Two data-roots at once, and a data-root that is spread over several file systems. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { resumeTransaction } from '../../src/api/resume-transaction.ts';
import { failingDisk } from '../apply/failing-disk.ts';
import { dockerdView } from '../support/dockerd-view.ts';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees } from '../support/tree-state.ts';
import {
  abort,
  fastDir,
  OFFLINE,
  openStopped,
  plan,
  problemsIn,
  rebase,
  resume,
  SMALL,
  stateOf,
  taggedId,
  undo,
} from './stopped-store.ts';

describe('api: several disks', () => {
  const mounted: string[] = [];

  afterEach(() => {
    for (const point of mounted.splice(0).reverse()) execFileSync('umount', [point]);
    removeTempDirs();
  });

  it('two data-roots are two hosts: both are rebased and undone at the same time', async () => {
    const roots = [join(fastDir(), 'one'), join(fastDir(), 'two')];
    for (const root of roots) await buildStore(root, SMALL);
    const before = roots.map((root) => stateOf(root));
    const outcomes = await Promise.all(roots.map((root) => rebase(root, 'app:1', 'base:2')));
    expect(outcomes.map(({ transaction }) => transaction)).to.deep.equal([1, 1]);
    expect(taggedId(roots[0]!, 'app:1')).to.equal(taggedId(roots[1]!, 'app:1'));
    expect(roots.flatMap((root) => problemsIn(root))).to.deep.equal([]);
    await Promise.all(roots.map((root) => undo(root)));
    for (const [index, root] of roots.entries()) {
      expect(diffTrees(before[index]!, stateOf(root))).to.deep.equal([]);
    }
  });

  describe('a data-root whose image/ and overlay2/ are file systems of their own', () => {
    let root: string;
    let store: BuiltStore;

    beforeEach(async () => {
      const built = await buildStore(join(makeTempDir(), 'built'), SMALL);
      root = join(makeTempDir(), 'root');
      for (const name of ['image', 'overlay2']) mount(join(root, name));
      execFileSync('cp', ['-a', `${built.root}/.`, root]);
      store = built;
    });

    for (const clone of ['auto', 'link', 'copy'] as const) {
      it(`is rebased and undone (${clone})`, async () => {
        const devices = ['.', 'image', 'overlay2'].map((name) => lstatSync(join(root, name)).dev);
        expect(new Set(devices).size, 'three file systems').to.equal(3);
        const before = stateOf(root);
        const outcome = await rebase(root, 'app:1', 'base:2', { clone });
        expect(taggedId(root, 'app:1')).to.equal(outcome.images[0]?.after);
        expect(dockerdView(root).problems).to.deep.equal([]);
        await undo(root);
        expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      });
    }

    it('is gone on with and taken back after a publish that failed half-way', async () => {
      const before = stateOf(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      const { disk } = failingDisk(7, 'EIO');
      const failed = resumeTransaction(await openStopped(root), { ...OFFLINE, disk });
      expect(await failed.catch((error: unknown) => error)).to.have.property('code', 'HALF_WAY');
      await resume(root);
      expect(dockerdView(root).problems).to.deep.equal([]);
      await undo(root);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
    });

    it('is left as it was by an abort of what is staged', async () => {
      const before = stateOf(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      await abort(root);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
    });

    it('has no link across them: a layer on a disk of its own is copied', async () => {
      const layer = join(root, 'overlay2', store.image('app').cacheIds[1]!);
      const { bound } = await plan(root, 'app:1', 'base:2');
      const kept = join(makeTempDir(), 'kept');
      execFileSync('cp', ['-a', layer, kept]);
      mount(layer);
      execFileSync('cp', ['-a', `${kept}/.`, layer]);
      await rebase(root, 'app:1', 'base:2', { clone: 'auto' });
      const clone = join(root, 'overlay2', bound.layers[0]!.cacheId, 'diff/opt/large');
      expect(lstatSync(clone).nlink).to.equal(1);
      expect(lstatSync(clone).size).to.equal(lstatSync(join(layer, 'diff/opt/large')).size);
      expect(dockerdView(root).problems).to.deep.equal([]);
    });
  });

  function mount(point: string): void {
    mkdirSync(point, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'rebase-image-test', point]);
    mounted.push(point);
  }
});
