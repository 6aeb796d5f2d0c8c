/** What was left open, locks, and a dockerd that comes and goes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { applyPlan } from '../../src/api/apply-plan.ts';
import { planPruneOf } from '../../src/api/prune-store.ts';
import { showStatus } from '../../src/api/show-status.ts';
import { exitCodeOf, RebaseError } from '../../src/errors.ts';
import { startFakeDockerd, stopFakeDockerd } from '../daemon/fake-dockerd.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import {
  abort,
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
  fastDir,
} from './stopped-store.ts';

describe('api: what is left open', () => {
  let store: BuiltStore;
  let root: string;
  let before: TreeState;
  const processes: ChildProcess[] = [];

  beforeEach(async () => {
    store = await buildStore(fastDir(), SMALL);
    root = store.root;
    before = stateOf(root);
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await stopFakeDockerd(one);
    removeTempDirs();
  });

  describe('a run with --stage-only', () => {
    beforeEach(async () => {
      const staged = await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      expect(staged).to.include({ changed: true, transaction: 1, pending: 'publish' });
    });

    it('moves no tag and adds no image', async () => {
      expect(taggedId(root, 'app:1')).to.equal(store.image('app').imageId);
      expect(problemsIn(root)).to.deep.equal([]);
      const status = await showStatus(await openStopped(root));
      expect(status.open.map(({ transaction, state }) => [transaction, state])).to.deep.equal([
        [1, 'staged'],
      ]);
    });

    it('keeps others from starting: TRANSACTION_OPEN, and how to go on', async () => {
      for (const run of [() => rebase(root, 'conf:1', 'base:2'), () => undo(root)]) {
        const error = await rejection('TRANSACTION_OPEN', run);
        expect(exitCodeOf(error.code)).to.equal(5);
        expect(error.hint).to.contain('resume').and.contain('abort');
      }
    });

    it('is published by resume', async () => {
      const outcome = await resume(root);
      expect(outcome).to.include({ changed: true, transaction: 1, pending: undefined });
      expect(taggedId(root, 'app:1')).to.equal(outcome.images[0]?.after);
      expect(problemsIn(root)).to.deep.equal([]);
      await undo(root);
      expect(changes()).to.deep.equal([]);
    });

    it('is taken back by abort, and all is free again', async () => {
      const outcome = await abort(root);
      expect(outcome).to.include({ changed: true, transaction: 1 });
      expect(changes()).to.deep.equal([]);
      expect((await rebase(root, 'app:1', 'base:2')).transaction).to.equal(2);
    });

    it('is refused and removed when the tag was moved meanwhile', async () => {
      const pulled = store.image('sibling').imageId;
      edit((text) =>
        text.replace(`"app:1":"${store.image('app').imageId}"`, `"app:1":"${pulled}"`),
      );
      const moved = stateOf(root);
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.contain('app:1');
      const left = diffTrees(moved, stateOf(root)).filter((line) => line.startsWith('+'));
      expect(left).to.deep.equal([]);
      expect(taggedId(root, 'app:1')).to.equal(pulled);
      expect((await rebase(root, 'conf:1', 'base:2')).changed).to.equal(true);
    });

    it('is refused when the new base was removed meanwhile', async () => {
      rmSync(store.layerdbOf('new', 1), { recursive: true });
      rmSync(join(store.paths.content, store.image('new').imageId.slice(7)));
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.contain('new base');
      expect(taggedId(root, 'app:1')).to.equal(store.image('app').imageId);
    });

    it('is refused when its result came in from elsewhere meanwhile', async () => {
      const { bound } = await plan(root, 'sibling:1', 'base:2');
      const entry = join(store.paths.layers, bound.layers[0]!.chainId.slice(7));
      mkdirSync(entry);
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.contain('is there by now');
      expect(existsSync(entry), 'what is not ours stays').to.equal(true);
    });

    it('keeps a tag that docker made meanwhile', async () => {
      edit((text) => text.replace('"app:1"', `"app:0":"${store.image('app').imageId}","app:1"`));
      await resume(root);
      expect(taggedId(root, 'app:0')).to.equal(store.image('app').imageId);
    });

    it('leaves `committed` in the new base when docker has built on it meanwhile', async () => {
      // As a classic build FROM base:2 does it: an entry whose parent is the base's top layer.
      const child = join(store.paths.layers, 'c'.repeat(64));
      mkdirSync(child);
      writeFileSync(join(child, 'parent'), store.image('new').chainIds[1]!);
      writeFileSync(join(child, 'cache-id'), 'd'.repeat(64));
      await abort(root);
      const mark = join(store.diffOf('new', 1), '../committed');
      expect(existsSync(mark)).to.equal(true);
    });
  });

  it('refuses a config-only image whose new base was removed between stage and publish', async () => {
    await rebase(root, 'conf:1', 'base:2', { stageOnly: true });
    rmSync(store.layerdbOf('new', 1), { recursive: true });
    await rejection('STORE_CHANGED', () => resume(root));
    expect(taggedId(root, 'conf:1')).to.equal(store.image('conf').imageId);
  });

  it('refuses a run while another one is at work, and waits when told to', async () => {
    mkdirSync(join(root, 'rebase-image'));
    const other = await holdLock(join(root, 'rebase-image/lock'));
    const whole = stateOf(root, { mtimes: true });
    for (const run of [
      () => rebase(root, 'app:1', 'base:2'),
      () => undo(root),
      () => resume(root),
      () => abort(root),
    ]) {
      const error = await rejection('LOCKED', run);
      expect(exitCodeOf(error.code)).to.equal(5);
      expect(error.hint).to.contain('--lock-timeout');
    }
    expect(diffTrees(whole, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    const waiting = rebase(root, 'app:1', 'base:2', { lockTimeoutSeconds: 100 });
    await stopFakeDockerd(other);
    expect((await waiting).changed).to.equal(true);
  });

  it('comes out with a RebaseError when the disk refuses, and with the store as before', async () => {
    ({ root } = await buildStore(makeTempDir(), SMALL));
    before = stateOf(root);
    const locked = join(root, 'image/overlay2/layerdb/tmp');
    await once(spawn('chattr', ['+i', locked]), 'close');
    try {
      const error: unknown = await rebase(root, 'app:1', 'base:2').catch((e: unknown) => e);
      expect(changes()).to.deep.equal([]);
      expect(error).to.be.instanceOf(RebaseError).with.property('code', 'APPLY_FAILED');
    } finally {
      await once(spawn('chattr', ['-i', locked]), 'close');
    }
  });

  it('plans a prune where the lock cannot be opened for writing, as on a read-only disk', async () => {
    ({ root } = await buildStore(makeTempDir(), SMALL));
    await rebase(root, 'app:1', 'base:2');
    const lock = join(root, 'rebase-image/lock');
    await once(spawn('chattr', ['+i', lock]), 'close');
    try {
      const report = await planPruneOf(await openStopped(root), OFFLINE);
      expect(report.plan.images).to.deep.equal([]);
    } finally {
      await once(spawn('chattr', ['-i', lock]), 'close');
    }
  });

  it('takes back what it staged when the store has no room', async () => {
    const report = await plan(root, 'app:1', 'base:2');
    const huge = { bytes: Number.MAX_SAFE_INTEGER, inodes: 1 };
    const error = await rejection('NO_SPACE', async () =>
      applyPlan(
        await openStopped(root),
        { ...report, cost: { ...report.cost, auto: huge } },
        OFFLINE,
      ),
    );
    expect(error.message).not.to.contain('\n');
    expect(changes()).to.deep.equal([]);
  });

  describe('while a dockerd holds its lock', () => {
    let dockerd: ChildProcess;

    beforeEach(async () => {
      dockerd = await startFakeDockerd(join(root, 'volumes/metadata.db'));
      processes.push(dockerd);
    });

    it('sees that it runs', async () => {
      expect((await plan(root, 'app:1', 'base:2')).daemon.running).to.equal(true);
    });

    it('stages, and publishes once it has stopped', async () => {
      await rebase(root, 'app:1', 'base:2', { stageOnly: true });
      await stopFakeDockerd(dockerd);
      expect((await resume(root)).pending).to.equal(undefined);
      expect(problemsIn(root)).to.deep.equal([]);
    });

    it('publishes beside it, and says that it has to be restarted', async () => {
      const outcome = await rebase(root, 'app:1', 'base:2');
      expect(outcome.pending).to.equal('restart');
      expect(taggedId(root, 'app:1')).to.equal(outcome.images[0]?.after);
      expect(problemsIn(root)).to.deep.equal([]);
    });

    it('does not restart one that does not answer, and publishes nothing', async () => {
      const error = await rejection('DAEMON_FAILED', () =>
        rebase(root, 'app:1', 'base:2', { restart: true }),
      );
      expect(error.hint).to.be.a('string');
      expect(changes()).to.deep.equal([]);
    });
  });

  it('publishes beside a dockerd that was started between plan and publish', async () => {
    const opened = await openStopped(root);
    const report = await plan(root, 'app:1', 'base:2');
    const dockerd = await startFakeDockerd(join(root, 'volumes/metadata.db'));
    processes.push(dockerd);
    const outcome = await applyPlan(opened, report, OFFLINE);
    expect(outcome.pending).to.equal('restart');
    expect(outcome.notes.join()).to.match(/did not list its tags/);
    await stopFakeDockerd(dockerd);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('is not disturbed by a container that lives on without its dockerd', async () => {
    store = await buildStore(fastDir(), {
      ...SMALL,
      containers: [{ name: 'alive', image: 'app', running: true, files: { w: 'w' } }],
    });
    root = store.root;
    before = stateOf(root);
    const report = await plan(root, 'app:1', 'base:2');
    const [alive] = report.containers;
    expect(alive).to.include({ id: store.container('alive').id, name: 'alive', running: true });
    await rebase(root, 'app:1', 'base:2');
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  async function holdLock(path: string): Promise<ChildProcess> {
    const holder = await startFakeDockerd(path);
    processes.push(holder);
    return holder;
  }

  function changes(): string[] {
    return diffTrees(before, stateOf(root));
  }

  function edit(change: (text: string) => string): void {
    const file = join(store.paths.image, 'repositories.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }
});
