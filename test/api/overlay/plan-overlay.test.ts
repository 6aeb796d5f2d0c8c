/** What the overlay commands plan, show and drop on a store whose dockerd does not run. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { applySwitches } from '../../../src/api/overlay/apply-switches.ts';
import { dropVersion, planDrop } from '../../../src/api/overlay/drop-version.ts';
import {
  refusalOfOverlay,
  type OverlayPlan,
  type OverlayRequest,
} from '../../../src/api/overlay/overlay-plan.ts';
import { overlayStatus } from '../../../src/api/overlay/overlay-status.ts';
import { planPack, writePack } from '../../../src/api/overlay/pack-overlay.ts';
import { planBundle } from '../../../src/api/overlay/plan-bundle.ts';
import { planRestore } from '../../../src/api/overlay/plan-restore.ts';
import { planStrategy, type StrategyRequest } from '../../../src/api/overlay/plan-strategy.ts';
import { planUndoTransaction, undoTransaction } from '../../../src/api/undo-transaction.ts';
import { unwatched } from '../../../src/domain/progress.ts';
import { rejection } from '../../daemon/rejection.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../../support/store-builder.ts';
import { removeTempDirs } from '../../support/temp-dir.ts';
import { diffTrees } from '../../support/tree-state.ts';
import { fastDir, OFFLINE, openStopped, stateOf } from '../stopped-store.ts';

const REQUEST: OverlayRequest = {
  clone: 'auto',
  running: 'refuse',
  allow: new Set(),
  progress: unwatched,
};

/** base:1 of two layers with an app on it, base:2 and base:3; team/base:2 has the tag of base:2. */
const STORE: StoreSpec = {
  images: [
    {
      name: 'old',
      tags: ['base:1'],
      layers: [
        { files: { low: 'low', 'dir/a': 'a' } },
        { files: { release: '1', gone: 'gone', same: 'same' } },
      ],
    },
    { name: 'new', tags: ['base:2'], layers: [{ files: { release: '2', same: 'same' } }] },
    { name: 'newer', tags: ['base:3'], layers: [{ files: { release: '3' } }] },
    { name: 'twin', tags: ['team/base:2'], layers: [{ files: { release: 'two' } }] },
    { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files: { release: 'own' } }] },
    { name: 'lone', tags: ['lone:1'], layers: [{ files: { release: 'lone' } }] },
  ],
};

describe('api: overlay plans', () => {
  let store: BuiltStore;
  let root: string;

  beforeEach(async () => {
    store = await buildStore(join(fastDir(), 'store'), STORE);
    root = store.root;
  });
  afterEach(removeTempDirs);

  it('shows what is added, changed and deleted, and who sees it', async () => {
    const { report } = await plan({ images: ['app:1'], onto: 'base:2' });
    const [one] = report.switches;
    expect(one?.base.name).to.equal('base:1');
    expect(one?.changes.changes.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal([
      'deleted dir',
      'deleted dir/a',
      'deleted gone',
      'deleted low',
      'changed release',
    ]);
    expect(one?.sharers.images.map(({ name }) => name)).to.deep.equal(['base:1', 'app:1']);
    expect(one?.hidden).to.deep.equal([{ image: 'app:1', count: 1 }]);
    expect(one?.checked?.map(({ image }) => image)).to.deep.equal(['app:1']);
    expect(refusalOfOverlay(report)).to.equal(undefined);
    expect(refusalOfOverlay({ ...report, free: { bytes: 10, inodes: 10 } })?.code).to.equal(
      'NO_SPACE',
    );
  });

  it('has nothing to do for what is shown already', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    const { report } = await plan({ images: ['app:1'], onto: 'base:2' });
    expect(report.switches).to.deep.equal([]);
    expect(report.unchanged).to.deep.equal([{ base: 'base:1', reason: 'shows base:2 already' }]);
  });

  it('switches to a version that is there, and gives another one another name', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    await carryOut(await restore());
    const again = await plan({ all: true, from: 'base:1', onto: 'base:2' });
    expect(again.report.switches[0]?.bound).to.include({ after: 'diff.2', builds: undefined });
    const twin = await plan({ all: true, from: 'base:1', onto: 'team/base:2' });
    const id = store.image('twin').imageId.slice(7, 19);
    expect(twin.report.switches[0]?.bound.after).to.equal(`diff.2-${id}`);
  });

  it('goes back to the own files for the base itself', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    for (const of of [{ all: true, from: 'base:1' }, { images: ['app:1'] }]) {
      const { report } = await plan({ ...of, onto: 'base:1' });
      expect(report.switches[0]?.bound).to.include({ after: 'diff', builds: undefined });
    }
  });

  it('leads back from a version that somebody has removed', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    rmSync(join(store.diffOf('old', -1), '../diff.2'), { recursive: true });
    const made = await restore();
    expect(made.report.switches[0]?.bound).to.include({ before: 'diff.2', after: 'diff' });
    await carryOut(made);
    expect(overlayStatus(await openStopped(root)).layers[0]?.shows?.version).to.equal(undefined);
  });

  it('finds a base by the name that a version remembers', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    // An image that is there is meant itself, not what looks like it.
    expect((await restore({ base: 'base:2' })).report.unchanged[0]?.base).to.equal('base:2');
    const tags = JSON.stringify({
      Repositories: { app: { 'app:1': store.image('app').imageId } },
    });
    writeFileSync(join(root, 'image/overlay2/repositories.json'), tags);
    for (const base of ['base:1', 'base:2', store.image('old').chainIds.at(-1)!]) {
      const { report } = await restore({ base });
      expect(report.switches[0]?.base.name).to.equal('base:1');
    }
    await rejection('BASE_NOT_FOUND', () => restore({ base: 'base:9' }));
  });

  it('asks which base is meant when several fit', async () => {
    await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
    await carryOut(await plan({ all: true, from: 'lone:1', onto: 'base:2' }));
    const error = await rejection('BASE_AMBIGUOUS', () => restore());
    expect(error.hint).to.match(/--base base:1 or --base lone:1/);
    expect((await restore({ base: 'lone:1' })).report.switches).to.have.length(1);
  });

  it('carries a bundle over, pairwise and from the first', async () => {
    const before = stateOf(root);
    await carryOut(await bundle('base:1', 'base:2'));
    const second = await bundle('base:2', 'base:3', 'base:1');
    expect(second.report.switches[0]).to.deep.include({
      from: { version: '2', base: { ...second.report.switches[0]!.from.base } },
    });
    await carryOut(second);
    const same = await bundle('base:1', 'base:3', 'base:1');
    expect(same.report.unchanged).to.deep.equal([
      { base: 'base:1', reason: 'shows base:3 already' },
    ]);
    expect(overlayStatus(await openStopped(root)).layers[0]?.shows?.version).to.equal('3');
    await carryOut(await restore());
    for (const version of ['2', '3']) {
      const wanted = planDrop(await openStopped(root), { version, base: undefined });
      await dropVersion(await openStopped(root), wanted, OFFLINE);
    }
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  it('refuses a bundle for another base, and one of a base that was changed in place', async () => {
    await rejection('BAD_BUNDLE', () => bundle('base:1', 'base:2', 'lone:1'));
    // The second is built on the first, and the bundle counts on what both have.
    const file = await packed('base:1', 'app:1');
    expect((await planOf(file)).report.switches).to.have.length(1);
    writeFileSync(join(store.diffOf('old', 0), 'low'), 'changed by hand');
    const changed = await rejection('STORE_CHANGED', () => planOf(file));
    expect(changed.message).to.match(/\/low/);
  });

  it('leaves in place what a union leaves, and says so', async () => {
    const file = await packed('base:1', 'base:2', true);
    const { report } = await planOf(file);
    const kinds = report.switches[0]?.changes.changes.map(({ kind, path }) => `${kind} ${path}`);
    expect(report.switches[0]?.union).to.equal(true);
    expect(kinds).to.deep.equal(['changed release']);
  });

  describe('of a base that stands on another base', () => {
    const upper = { all: true, from: 'app:1', onto: 'base:3' };
    const lower = { all: true, from: 'base:1', onto: 'base:2' };

    it('keeps what the lower one shows, as long as the upper one has a version', async () => {
      const before = stateOf(root);
      await carryOut(await plan(upper));
      const error = await rejection('IN_USE', () => plan(lower));
      expect(error.message).to.match(/version 3 of app:1 is built on what base:1 shows/);
      await carryOut(await restore());
      await rejection('IN_USE', () => plan(lower));
      await dropVersion(
        await openStopped(root),
        planDrop(await openStopped(root), { version: '3', base: 'app:1' }),
        OFFLINE,
      );
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      expect((await plan(lower)).report.switches).to.have.length(1);
    });

    it('does not take back the lower one before the upper one', async () => {
      await carryOut(await plan(lower));
      await carryOut(await plan(upper));
      const first = planUndoTransaction(await openStopped(root), 1);
      expect(first.plan.refusals).to.deep.equal([
        'version 3 of app:1 is built on what base:1 shows: undo or drop it first',
      ]);
      await undoTransaction(await openStopped(root), 2, OFFLINE);
      expect(planUndoTransaction(await openStopped(root), 1).plan.refusals).to.deep.equal([]);
    });

    it('looks again under the lock', async () => {
      const before = stateOf(root);
      const [low, high] = [await plan(lower), await plan(upper)];
      await carryOut(high);
      await rejection('IN_USE', () => carryOut(low));
      await undoTransaction(await openStopped(root), 1, OFFLINE);
      await carryOut(low);
      await rejection('STORE_CHANGED', () => carryOut(high));
      await undoTransaction(await openStopped(root), 2, OFFLINE);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
    });

    it('is as a bundle says, whatever the lower one shows', async () => {
      // What both have from the lower base is not in the bundle.
      const file = await packed('app:1', 'base:1');
      await carryOut(await plan(lower));
      const { report, builds } = await planOf(file, 'app:1');
      const [one] = report.switches;
      expect(one?.changes.changes.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal([
        ...['added dir', 'added dir/a', 'added gone', 'added low', 'changed release'],
      ]);
      const { files } = builds.get(one!.bound.cacheId)!.assembly;
      expect(files.map(({ path }) => path)).to.have.members([
        'dir/a',
        'gone',
        'low',
        'release',
        'same',
      ]);
      await carryOut({ report, builds });
    });

    it('refuses both at once', async () => {
      ({ root } = await buildStore(join(fastDir(), 'more'), {
        images: [
          ...STORE.images,
          { name: 'mid', from: 'old', tags: ['base:1.1'], layers: [{ files: { mid: 'mid' } }] },
          { name: 'onMid', from: 'mid', tags: ['app:2'], layers: [{ files: { two: 'two' } }] },
        ],
      }));
      const wish = { images: ['app:1', 'app:2'], onto: 'base:3' };
      const error = await rejection('USAGE', () => plan(wish));
      expect(error.message).to.match(/base:1\.1 is built on base:1: not both at once/);
    });
  });

  describe('drop', () => {
    it('refuses what is shown, and removes what is not, a folder of unknown origin too', async () => {
      await carryOut(await plan({ images: ['app:1'], onto: 'base:2' }));
      const drop = async (version: string): Promise<unknown> =>
        dropVersion(
          await openStopped(root),
          planDrop(await openStopped(root), { version, base: undefined }),
          OFFLINE,
        );
      await rejection('IN_USE', () => drop('2'));
      await rejection('BASE_NOT_FOUND', () => drop('9'));
      await carryOut(await restore());
      const before = stateOf(root);
      mkdirSync(join(store.diffOf('old', -1), '../diff.left'));
      await drop('left');
      writeFileSync(join(store.diffOf('old', -1), '../rebase-image.alone.json'), 'no folder');
      await drop('alone');
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      expect(
        planDrop(await openStopped(root), { version: '2', base: 'base:1' }).endsUndo,
      ).to.deep.equal([2]);
      await drop('2');
      expect(overlayStatus(await openStopped(root)).layers).to.deep.equal([]);
    });
  });

  async function plan(request: Partial<StrategyRequest> & { onto: string }): Promise<OverlayPlan> {
    return planStrategy(await openStopped(root), {
      ...REQUEST,
      images: [],
      all: false,
      ...request,
    });
  }

  async function restore(request: { base?: string; version?: string } = {}): Promise<OverlayPlan> {
    const { base, version } = request;
    return planRestore(await openStopped(root), { ...REQUEST, base, version });
  }

  async function packed(old: string, next: string, union = false): Promise<string> {
    const file = join(fastDir(), 'bundle.tar.gz');
    const wanted = { old, new: next, union, file, tool: 'test', progress: unwatched };
    await writePack(planPack(await openStopped(root), wanted), { progress: unwatched });
    return file;
  }

  async function planOf(file: string, base?: string): Promise<OverlayPlan> {
    const made = await planBundle(await openStopped(root), { ...REQUEST, file, base });
    after(() => made.close?.());
    return made;
  }

  async function bundle(old: string, next: string, base?: string): Promise<OverlayPlan> {
    return planOf(await packed(old, next), base);
  }

  async function carryOut({ report, builds }: OverlayPlan): Promise<void> {
    const switches = report.switches.map(({ bound }) => bound);
    await applySwitches(
      await openStopped(root),
      { switches, builds, clone: 'auto' },
      { ...OFFLINE, command: 'test' },
    );
  }
});
