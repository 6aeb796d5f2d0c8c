/** Switches of a base on a store whose dockerd does not run: there, back, and taken back. */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { listTransactions } from '../../../src/api/list-transactions.ts';
import { planHistoryPrune } from '../../../src/api/prune-history.ts';
import { planUndoTransaction } from '../../../src/api/undo-transaction.ts';
import { readTransactions } from '../../../src/apply/journal.ts';
import { rebasesOf } from '../../../src/domain/plan.ts';
import { layoutOf } from '../../../src/store/layout.ts';
import { readLayerVersions } from '../../../src/store/overlay/read-versions.ts';
import { rejection } from '../../daemon/rejection.ts';
import { buildStore, type BuiltStore } from '../../support/store-builder.ts';
import { removeTempDirs } from '../../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../../support/tree-state.ts';
import {
  abort,
  fastDir,
  OFFLINE,
  openStopped,
  plan,
  rebase,
  resume,
  stateOf,
  undo,
} from '../stopped-store.ts';
import {
  applySwitch,
  BASES,
  fromBundle,
  shownFolder,
  switchBack,
  switchTo,
} from './example-switch.ts';

describe('api: a switch of a base', () => {
  let store: BuiltStore;
  let root: string;
  let top: string;
  let before: TreeState;

  beforeEach(async () => {
    store = await buildStore(join(fastDir(), 'store'), BASES);
    root = store.root;
    top = join(store.diffOf('old', -1), '..');
    before = stateOf(root);
  });
  afterEach(removeTempDirs);

  const changes = (): string[] => diffTrees(before, stateOf(root));
  const versions = (): string[] =>
    readLayerVersions(layoutOf(root), store.image('old').cacheIds.at(-1)!)!.versions.map(
      ({ version }) => version,
    );

  for (const [from, made] of [
    ['folders', (one: ReturnType<typeof switchTo>) => one],
    ['a bundle', (one: ReturnType<typeof switchTo>) => fromBundle(one)],
  ] as const) {
    it(`built from ${from} adds one folder and its record, and leads there`, async () => {
      const outcome = await applySwitch(root, made(switchTo(store)));
      expect(outcome).to.deep.include({
        kind: 'switched',
        changed: true,
        transaction: 1,
        images: [],
        switches: [{ base: 'base:1', before: null, after: '2' }],
        pending: undefined,
        notes: [],
      });
      expect(shownFolder(store)).to.equal('diff.2');
      expect(readFileSync(join(top, 'diff.2/release'), 'utf8')).to.equal('2');
      expect(readdirSync(top).filter((name) => name.includes('rebase-image'))).to.deep.equal([
        'rebase-image.2.json',
      ]);
      expect(
        readLayerVersions(layoutOf(root), store.image('old').cacheIds.at(-1)!),
      ).to.deep.include({
        unknown: [],
        strays: [],
      });
      await undo(root);
      expect(changes()).to.deep.equal([]);
    });
  }

  it('writes the number of its transaction into the record', async () => {
    await rebase(root, 'app:1', 'base:2');
    await applySwitch(root, switchTo(store));
    const record = readFileSync(join(top, 'rebase-image.2.json'), 'utf8');
    expect(JSON.parse(record)).to.have.property('transaction', 2);
  });

  it('and one to the own files again is a transaction of its own; both are undone in turn', async () => {
    await applySwitch(root, switchTo(store));
    await applySwitch(root, { one: switchBack(store) });
    expect(shownFolder(store)).to.equal('diff');
    expect(versions()).to.deep.equal(['2']);
    const error = await rejection('IN_USE', () => undo(root, 1));
    expect(error.message).to.contain('transaction 2 switched base:1 again: undo it first');
    await undo(root);
    expect(shownFolder(store)).to.equal('diff.2');
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('is told by history, and its journal stays as long as it can be undone', async () => {
    await applySwitch(root, switchTo(store));
    await rebase(root, 'app:1', 'base:2');
    const opened = await openStopped(root);
    expect(listTransactions(opened)[1]).to.deep.include({
      images: [],
      switches: [{ base: 'base:1', before: null, after: '2' }],
    });
    const [, fate] = await planHistoryPrune(opened, OFFLINE);
    expect(fate?.kept).to.equal('it can be undone');
    expect(readFileSync(join(root, 'rebase-image/transactions/1/journal'), 'utf8')).to.contain(
      '"version":2',
    );
    expect(readFileSync(join(root, 'rebase-image/transactions/2/journal'), 'utf8')).to.contain(
      '"version":1',
    );
  });

  describe('with --stage-only', () => {
    beforeEach(async () => {
      const staged = await applySwitch(root, switchTo(store), { stageOnly: true });
      expect(staged).to.include({ changed: true, pending: 'publish' });
    });

    it('changes what nobody sees', () => {
      expect(shownFolder(store)).to.equal('diff');
      expect(
        changes().filter((line) => !/^\+ .*(diff\.2|rebase-image\.2\.json)/.test(line)),
      ).to.satisfy((lines: string[]) => lines.every((line) => line.includes('/large:')));
    });

    it('is published by resume', async () => {
      expect(await resume(root)).to.deep.include({
        kind: 'switched',
        switches: [{ base: 'base:1', before: null, after: '2' }],
      });
      expect(shownFolder(store)).to.equal('diff.2');
    });

    it('is taken back by abort', async () => {
      expect(await abort(root)).to.deep.include({ kind: 'discarded', switches: [] });
      expect(changes()).to.deep.equal([]);
    });

    it('is refused and removed when the base shows something else by now', async () => {
      const { link } = switchTo(store).one;
      rmSync(join(store.paths.overlay, 'l', link));
      symlinkSync(
        `../${store.image('old').cacheIds.at(-1)!}/diff.3`,
        join(store.paths.overlay, 'l', link),
      );
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.contain('base:1 is not what it was');
      expect(existsSync(join(top, 'diff.2'))).to.equal(false);
    });

    it('is refused and removed when its version is not whole any more', async () => {
      rmSync(join(top, 'rebase-image.2.json'));
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.contain('the version 2 of base:1 is gone');
      expect(shownFolder(store)).to.equal('diff');
    });
  });

  it('is noted by the check of an image on the base, which looks at what is seen', async () => {
    await applySwitch(root, switchTo(store));
    const report = await plan(root, 'app:1', 'base:2');
    const [image] = rebasesOf(report.plan);
    const notes = image?.findings.filter(({ check }) => check === 'modified-base');
    expect(notes?.map(({ severity }) => severity)).to.deep.equal(['note']);
    await rebase(root, 'app:1', 'base:2');
    await undo(root);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('of a layer that is cloned later: the result gets the own files, which is said', async () => {
    await applySwitch(root, switchTo(store));
    const seam = { from: store.image('old').diffIds[0]! };
    const report = await plan(root, 'app:1', 'base:2', seam);
    const [image] = rebasesOf(report.plan);
    const found = image?.findings.filter(({ check }) => check === 'modified-base');
    expect(found?.map(({ severity }) => severity)).to.deep.equal(['review']);
    await rebase(root, 'app:1', 'base:2', seam);
    const [cloned] = readTransactions(layoutOf(root)).at(-1)!.bound.layers;
    const release = join(store.paths.overlay, cloned!.cacheId, 'diff/release');
    expect(readFileSync(release, 'utf8')).to.equal('1');
  });

  it('takes no name that is there, and leaves what is there as it is', async () => {
    const planned = switchTo(store);
    for (const name of ['diff.2', 'rebase-image.2.json']) {
      writeFileSync(join(top, name), 'somebody else');
      const there = stateOf(root);
      const error = await rejection('STORE_CHANGED', () => applySwitch(root, planned));
      expect(error.message).to.contain('is there already');
      expect(diffTrees(there, stateOf(root))).to.deep.equal([]);
      rmSync(join(top, name));
    }
    await applySwitch(root, planned);
    await applySwitch(root, { one: switchBack(store) });
    const built = stateOf(root);
    await rejection('STORE_CHANGED', () =>
      applySwitch(root, { ...planned, one: { ...planned.one } }),
    );
    expect(diffTrees(built, stateOf(root)), 'an earlier version').to.deep.equal([]);
  });

  describe('an undo', () => {
    beforeEach(() => applySwitch(root, switchTo(store)));

    it('is refused when the base leads elsewhere by now', async () => {
      const { link } = switchTo(store, '3').one;
      rmSync(join(store.paths.overlay, 'l', link));
      symlinkSync('../elsewhere/diff', join(store.paths.overlay, 'l', link));
      const error = await rejection('IN_USE', () => undo(root));
      expect(error.message).to.contain('base:1 shows something else by now');
    });

    it('is refused when the version that it goes back to is gone', async () => {
      await applySwitch(root, switchTo(store, '3'));
      rmSync(join(top, 'diff.2'), { recursive: true });
      rmSync(join(top, 'rebase-image.2.json'));
      const error = await rejection('IN_USE', () => undo(root));
      expect(error.message).to.contain('version 2 of base:1 is gone');
      const fates = await planHistoryPrune(await openStopped(root), OFFLINE);
      expect(fates.map(({ kept }) => kept)).to.deep.equal([
        'it is the newest, and its number is not given twice',
        undefined,
      ]);
    });

    it('has nothing to do for a layer that docker has removed', async () => {
      rmSync(top, { recursive: true });
      rmSync(store.layerdbOf('old', -1), { recursive: true });
      const { plan: back } = planUndoTransaction(await openStopped(root), undefined);
      expect(back.refusals).to.deep.equal([]);
      expect(back.removable.switches).to.deep.equal([]);
      expect(back.notes.join()).to.contain('the top layer of base:1 is gone');
      expect(await undo(root)).to.have.property('kind', 'undone');
    });
  });
});
