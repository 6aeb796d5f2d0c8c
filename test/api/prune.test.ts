/** What a prune releases and keeps, and which journals may go. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { planHistoryPrune, pruneHistory } from '../../src/api/prune-history.ts';
import { planPruneOf, pruneStore } from '../../src/api/prune-store.ts';
import { hostDisk } from '../../src/apply/disk.ts';
import { readTransactions, record } from '../../src/apply/journal.ts';
import type { PruneReport } from '../../src/domain/prune.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import { rejection } from '../daemon/rejection.ts';
import {
  abort,
  fastDir,
  OFFLINE,
  openStopped,
  rebase,
  SMALL,
  stateOf,
  taggedId,
  undo,
} from './stopped-store.ts';

/** SMALL without the second tag and without the container, so that nothing else holds the app. */
const FREE: StoreSpec = {
  images: SMALL.images.map((image) =>
    image.name === 'app' ? { ...image, tags: ['app:1'] } : image,
  ),
};

describe('api: prune', () => {
  afterEach(removeTempDirs);

  it('finds nothing in a store that was never rebased, and writes nothing', async () => {
    const { root } = await buildStore(fastDir(), SMALL);
    const before = readTree(root, { mtimes: true });
    const report = await planned(root);
    expect(report.plan.images).to.deep.equal([]);
    expect(report.leftovers).to.deep.equal([]);
    expect(report.freed).to.deep.equal({ bytes: 0, inodes: 0 });
    expect(diffTrees(before, readTree(root, { mtimes: true }))).to.deep.equal([]);
  });

  describe('of old images', () => {
    it('names the untagged one, its layers, and the transaction that it ends', async () => {
      const store = await buildStore(fastDir(), FREE);
      await rebase(store.root, 'app:1', 'base:2', { clone: 'copy' });
      const { plan } = await planned(store.root);
      const { imageId, chainIds } = store.image('app');
      expect(plan.images).to.deep.equal([{ imageId, was: 'app:1', tags: [], digests: [] }]);
      // The lower of its two layers is the sibling's too.
      expect(plan.layers).to.deep.equal([chainIds[2]]);
      expect(plan.endsUndo).to.deep.equal([1]);
    });

    it('leaves them to a dockerd that runs', async () => {
      const store = await buildStore(fastDir(), FREE);
      await rebase(store.root, 'app:1', 'base:2');
      const before = readTree(store.root);
      const report = await planned(store.root);
      expect(report.blocked).to.match(/start it/);
      expect(report.freed).to.deep.equal({ bytes: 0, inodes: 0 });
      const outcome = await pruneStore(await openStopped(store.root), report, OFFLINE);
      expect(outcome).to.deep.equal({ changed: false, discarded: [], released: [], kept: [] });
      expect(diffTrees(before, readTree(store.root))).to.deep.equal([]);
    });

    it('takes the tag of --keep-old for its own, and no other', async () => {
      const store = await buildStore(fastDir(), FREE);
      await rebase(store.root, 'app:1', 'base:2', {
        keepOld: '{repository}:before',
      });
      const { plan } = await planned(store.root);
      expect(plan.images.map(({ tags }) => tags)).to.deep.equal([['app:before']]);
    });

    it('keeps what a tag or a container uses, and says which', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      await rebase(root, 'app:1', 'base:2');
      const { plan } = await planned(root);
      expect(plan.images).to.deep.equal([]);
      expect(plan.layers).to.deep.equal([]);
      expect(plan.endsUndo).to.deep.equal([]);
      expect(plan.kept.map(({ reasons }) => reasons)).to.deep.equal([
        ['the tag app:latest names it', 'the container box was made from it'],
      ]);
    });

    it('keeps what another image was built on', async () => {
      const child = {
        name: 'child',
        from: 'app',
        tags: ['child:1'],
        layers: [{ files: { c: '' } }],
      };
      const { root } = await buildStore(fastDir(), { images: [...FREE.images, child] });
      await rebase(root, 'app:1', 'base:2');
      const { plan } = await planned(root);
      expect(plan.images).to.deep.equal([]);
      expect(plan.kept.map(({ reasons }) => reasons)).to.deep.equal([
        ['the image child:1 was built on it'],
      ]);
    });

    it('releases an image with those that were built on it, those first', async () => {
      const child = {
        name: 'child',
        from: 'app',
        tags: ['child:1'],
        layers: [{ files: { c: '' } }],
      };
      const store = await buildStore(fastDir(), { images: [...FREE.images, child] });
      await rebase(store.root, ['app:1', 'child:1'], 'base:2', { from: 'base:1' });
      const { plan } = await planned(store.root);
      expect(plan.kept).to.deep.equal([]);
      expect(plan.images.map(({ imageId }) => imageId)).to.have.members([
        store.image('app').imageId,
        store.image('child').imageId,
      ]);
      expect(plan.layers).to.have.members([...store.image('child').chainIds.slice(2)]);
    });

    it('ends the undo of every transaction that leads back through the image', async () => {
      const store = await buildStore(fastDir(), {
        images: [
          ...FREE.images,
          { name: 'third', tags: ['base:3'], layers: [{ files: { third: '3' } }] },
        ],
      });
      await rebase(store.root, 'app:1', 'base:2');
      await rebase(store.root, 'app:1', 'base:3', { keepOld: '{repository}:kept-by-hand' });
      await rebase(store.root, 'conf:1', 'base:2');
      const { plan } = await planned(store.root);
      expect(plan.endsUndo).to.deep.equal([1, 2, 3]);
      expect(plan.images).to.have.length(3);
    });

    it('leaves an image alone that a rebase there and back has put back', async () => {
      const { root } = await buildStore(fastDir(), FREE);
      await rebase(root, 'app:1', 'base:2');
      const between = taggedId(root, 'app:1');
      await rebase(root, 'app:1', 'base:1', { from: 'base:2' });
      const { plan } = await planned(root);
      expect(plan.images.map(({ imageId }) => imageId)).to.deep.equal([between]);
      expect(plan.kept.map(({ reasons }) => reasons)).to.deep.equal([['the tag app:1 names it']]);
    });
  });

  describe('of staged leftovers', () => {
    it('throws away what was staged and not published, and says what that frees', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      const before = stateOf(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true, clone: 'copy' });
      const report = await planned(root);
      expect(report.leftovers.map(({ transaction }) => transaction)).to.deep.equal([1]);
      expect(report.freed.bytes).to.be.greaterThan(100_000);
      expect(report.freed.inodes).to.be.greaterThan(4);
      const outcome = await pruneStore(await openStopped(root), report, OFFLINE);
      expect(outcome)
        .to.include({ changed: true })
        .and.to.deep.include({ discarded: [1] });
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      await rejection('TRANSACTION_NOT_FOUND', () => abort(root));
    });

    it('throws away what a run that died had half staged', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      const before = stateOf(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      const journal = join(root, 'rebase-image/transactions/1/journal');
      const lines = readFileSync(journal, 'utf8').split('\n');
      writeFileSync(journal, `${lines.slice(0, 2).join('\n')}\n`);
      rmSync(join(root, 'image/overlay2/layerdb/tmp'), { recursive: true });
      mkdirSync(join(root, 'image/overlay2/layerdb/tmp'), { mode: 0o755 });
      const report = await planned(root);
      expect(report.leftovers.map(({ state }) => state)).to.deep.equal(['staging']);
      await pruneStore(await openStopped(root), report, OFFLINE);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
    });

    it('is refused while a publish or an undo is half done', async () => {
      const { root, paths } = await buildStore(fastDir(), SMALL);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      const [staged] = readTransactions(layoutOf(paths.root));
      const at = { bootId: 'boot', uptimeMs: 1 };
      record(hostDisk, staged!, { kind: 'publishing', before: null, at });
      const before = readTree(root);
      await rejection('TRANSACTION_OPEN', () => planned(root));
      expect(diffTrees(before, readTree(root))).to.deep.equal([]);
    });

    it('throws away nothing that was not shown', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      const report = await planned(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      const outcome = await pruneStore(await openStopped(root), report, OFFLINE);
      expect(outcome.changed).to.equal(false);
      expect((await planned(root)).leftovers).to.have.length(1);
    });
  });

  describe('of the history', () => {
    it('drops what is taken back, and gives no number twice', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      await rebase(root, 'app:1', 'base:2');
      await undo(root);
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      await abort(root);
      const fates = await planHistoryPrune(await openStopped(root), OFFLINE);
      expect(fates.map(({ view, kept }) => [view.transaction, kept === undefined])).to.deep.equal([
        [2, false],
        [1, true],
      ]);
      await pruneHistory(await openStopped(root), fates, OFFLINE);
      expect(journals(root)).to.deep.equal(['2']);
      expect((await rebase(root, 'app:1', 'base:2')).transaction).to.equal(3);
      expect(await stayingJournals(root)).to.deep.equal({ 3: 'it can be undone' });
    });

    it('keeps what can be undone, is staged, or was made by one and is used by another', async () => {
      const store = await buildStore(fastDir(), SMALL);
      const before = stateOf(store.root);
      await rebase(store.root, 'app:1', 'base:2');
      await rebase(store.root, 'sibling:1', 'base:2');
      await undo(store.root, 1);
      await rebase(store.root, 'conf:1', 'base:2', { stageOnly: true });
      expect(await stayingJournals(store.root)).to.deep.equal({
        1: 'the undo of transaction 2 needs it',
        2: 'it can be undone',
        3: 'it is not finished',
      });
      await abort(store.root);
      await drop(store.root);
      expect(journals(store.root)).to.deep.equal(['1', '2', '3']);
      await undo(store.root, 2);
      expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
      expect(Object.keys(await stayingJournals(store.root))).to.deep.equal(['3']);
    });

    it('drops a published one whose old image is gone', async () => {
      const store = await buildStore(fastDir(), FREE);
      await rebase(store.root, 'app:1', 'base:2');
      await rebase(store.root, 'conf:1', 'base:2');
      removeImage(store, 'app');
      expect(await stayingJournals(store.root)).to.deep.equal({ 2: 'it can be undone' });
      await drop(store.root);
      expect(journals(store.root)).to.deep.equal(['2']);
    });

    it('keeps what tells a rebased image from one that was built on a result', async () => {
      const layers = [{ files: { c: '' } }];
      const child = { name: 'child', from: 'app', tags: ['child:1'], layers };
      const store = await buildStore(fastDir(), { images: [...FREE.images, child] });
      await rebase(store.root, 'app:1', 'base:2');
      await rebase(store.root, 'child:1', 'base:2', { from: 'base:1' });
      await rebase(store.root, 'conf:1', 'base:2');
      removeImage(store, 'child');
      expect(await stayingJournals(store.root)).to.deep.equal({
        1: 'it can be undone',
        2: 'the undo of transaction 1 needs it',
        3: 'it can be undone',
      });
      await drop(store.root);
      await undo(store.root, 1);
      expect(taggedId(store.root, 'app:1')).to.equal(store.image('app').imageId);
    });

    it('drops nothing that was not shown', async () => {
      const { root } = await buildStore(fastDir(), SMALL);
      await rebase(root, 'app:1', 'base:2');
      const fates = await planHistoryPrune(await openStopped(root), OFFLINE);
      await undo(root);
      await rebase(root, 'app:1', 'base:2');
      expect(await pruneHistory(await openStopped(root), fates, OFFLINE)).to.deep.equal([]);
      expect(journals(root)).to.deep.equal(['1', '2']);
    });
  });
});

async function planned(root: string): Promise<PruneReport> {
  return planPruneOf(await openStopped(root), OFFLINE);
}

/** Why each journal stays, by number. */
async function stayingJournals(root: string): Promise<Record<string, string>> {
  const fates = await planHistoryPrune(await openStopped(root), OFFLINE);
  return Object.fromEntries(
    fates.flatMap((fate) => (fate.kept === undefined ? [] : [[fate.view.transaction, fate.kept]])),
  );
}

async function drop(root: string): Promise<void> {
  const store = await openStopped(root);
  await pruneHistory(store, await planHistoryPrune(store, OFFLINE), OFFLINE);
}

function journals(root: string): string[] {
  return readdirSync(join(root, 'rebase-image/transactions')).sort();
}

/** As `docker rmi` leaves the image's config. */
function removeImage(store: BuiltStore, name: string): void {
  const hex = store.image(name).imageId.slice('sha256:'.length);
  rmSync(join(store.root, 'image/overlay2/imagedb/content/sha256', hex));
}
