/** Containers that run on a base while its files are exchanged. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { abortTransaction } from '../../../src/api/abort-transaction.ts';
import type { OpenStore } from '../../../src/api/open-store.ts';
import { applySwitches, type SwitchOptions } from '../../../src/api/overlay/apply-switches.ts';
import { resumeTransaction } from '../../../src/api/resume-transaction.ts';
import { planUndoTransaction } from '../../../src/api/undo-transaction.ts';
import { showStatus } from '../../../src/api/show-status.ts';
import type { StoppedRecord } from '../../../src/api/while-stopped.ts';
import { hostDisk } from '../../../src/apply/disk.ts';
import { readTransactions, record } from '../../../src/apply/journal.ts';
import { connectEngine } from '../../../src/daemon/engine-api.ts';
import type { Outcome } from '../../../src/domain/report.ts';
import { bootTime } from '../../../src/store/boot-clock.ts';
import { layoutOf } from '../../../src/store/layout.ts';
import { startFakeDockerd, stopFakeDockerd } from '../../daemon/fake-dockerd.ts';
import { rejection } from '../../daemon/rejection.ts';
import { buildStore, type BuiltStore } from '../../support/store-builder.ts';
import { removeTempDirs } from '../../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../../support/tree-state.ts';
import { fastDir, OFFLINE, openStopped, stateOf } from '../stopped-store.ts';
import { BASES, shownFolder, switchTo, type ExampleSwitch } from './example-switch.ts';
import { fakeContainers, type FakeContainer, type FakeContainers } from './fake-containers.ts';

describe('api: containers that run on a base', function () {
  this.timeout(60_000);
  let store: BuiltStore;
  let root: string;
  let before: TreeState;
  let dockerd: ChildProcess | undefined;
  let daemon: FakeContainers | undefined;
  /** What was shown of the base at each stop and start. */
  let shown: string[];

  beforeEach(async () => {
    store = await buildStore(join(fastDir(), 'store'), {
      ...BASES,
      containers: [
        { name: 'box', image: 'app', files: { written: 'w' } },
        { name: 'pen', image: 'old', files: { written: 'w' } },
        { name: 'elsewhere', image: 'new', files: { written: 'w' } },
      ],
    });
    root = store.root;
    before = stateOf(root);
    shown = [];
  });
  afterEach(async () => {
    await daemon?.close();
    if (dockerd !== undefined) await stopFakeDockerd(dockerd);
    daemon = undefined;
    dockerd = undefined;
    removeTempDirs();
  });

  /** A store whose dockerd runs with these of its containers, the others stopped. */
  async function running(
    ...containers: readonly Omit<FakeContainer, 'id'>[]
  ): Promise<{ opened: OpenStore; calls: readonly string[] }> {
    const all = store.containers.map(({ id, name }) => ({
      ...{ id, name, state: 'exited' },
      ...containers.find((one) => one.name === name),
    }));
    dockerd = await startFakeDockerd(join(root, 'volumes/metadata.db'));
    daemon = await fakeContainers(root, all, (call) => {
      shown.push(`${call}: ${shownFolder(store) ?? ''}`);
    });
    const opened = await openStopped(root);
    return { opened: { ...opened, engine: connectEngine(daemon.socketPath) }, calls: daemon.calls };
  }

  function apply(
    opened: OpenStore,
    options: Partial<SwitchOptions> = {},
    { one, build }: ExampleSwitch = switchTo(store),
  ): Promise<Outcome> {
    const builds = new Map([[one.cacheId, build]]);
    const request = { switches: [one], builds, clone: 'auto' } as const;
    return applySwitches(opened, request, { ...OFFLINE, ...options });
  }

  const changes = (): string[] => diffTrees(before, stateOf(root));

  for (const state of ['running', 'paused', 'restarting']) {
    it(`refuse it with their names, one that is ${state} too, and nothing is changed`, async () => {
      const { opened, calls } = await running({ name: 'box', state });
      const error = await rejection('IN_USE', () => apply(opened));
      expect(error.message).to.equal('on base:1 run box');
      expect(error.hint).to.contain('--restart-containers').and.contain('--allow running');
      expect(changes()).to.deep.equal([]);
      expect(calls).to.deep.equal([]);
    });
  }

  it('on another base are none of its business', async () => {
    const { opened, calls } = await running({ name: 'elsewhere', state: 'running' });
    expect((await apply(opened)).notes).to.deep.equal([]);
    expect(calls).to.deep.equal([]);
  });

  it('are left on the old files with --allow running, and named', async () => {
    const { opened, calls } = await running({ name: 'box', state: 'running' });
    const outcome = await apply(opened, { allow: new Set(['running']) });
    expect(outcome.notes).to.deep.equal([
      '1 container keeps the old files until stopped and started: box',
    ]);
    expect(shownFolder(store)).to.equal('diff.2');
    expect(calls).to.deep.equal([]);
  });

  it('are stopped before it and started after it with --restart-containers', async () => {
    const { opened } = await running(
      { name: 'box', state: 'running' },
      { name: 'pen', state: 'paused' },
      { name: 'elsewhere', state: 'running' },
    );
    const outcome = await apply(opened, { restartContainers: true });
    expect(outcome).to.deep.include({
      pending: undefined,
      notes: ['container pen was paused, and runs now'],
    });
    expect(shown.slice(0, 2).sort()).to.deep.equal(['stop box: diff', 'stop pen: diff']);
    expect(shown.slice(2)).to.deep.equal(['start box: diff.2', 'start pen: diff.2']);
    const [transaction] = readTransactions(layoutOf(root));
    expect(transaction).to.deep.include({ state: 'published', daemonToStart: undefined });
  });

  it('start when those run that they need, whatever the order', async () => {
    const { opened, calls } = await running(
      { name: 'box', state: 'running', needs: 'pen' },
      { name: 'pen', state: 'running' },
    );
    expect((await apply(opened, { restartContainers: true })).notes).to.deep.equal([]);
    expect(calls.slice(2)).to.deep.equal(['start box', 'start pen', 'start box']);
  });

  it('that do not stop are told, the others are started again, and nothing is changed', async () => {
    const { opened, calls } = await running(
      { name: 'box', state: 'running' },
      { name: 'pen', state: 'running', stuck: true },
    );
    const error = await rejection('DAEMON_FAILED', () =>
      apply(opened, { restartContainers: true }),
    );
    expect(error.message).to.contain('it does not end');
    expect(calls.slice(2)).to.deep.equal(['start box', 'start pen']);
    expect(changes()).to.deep.equal([]);
  });

  it('with --rm would be deleted by a stop, which needs --allow autoremove', async () => {
    const { opened, calls } = await running(
      { name: 'box', state: 'running', autoRemove: true },
      { name: 'pen', state: 'running' },
    );
    const error = await rejection('IN_USE', () => apply(opened, { restartContainers: true }));
    expect(error.message).to.equal('a stop would delete box (--rm)');
    expect(changes()).to.deep.equal([]);
    await apply(opened, { restartContainers: true, allow: new Set(['autoremove']) });
    expect([...calls].sort()).to.deep.equal(['start pen', 'stop box', 'stop pen']);
  });

  describe('when the run died that stopped them', () => {
    /** The journal as that run leaves it, and the containers as it leaves them. */
    async function died(state: string): Promise<{ opened: OpenStore; calls: readonly string[] }> {
      const { one, build } = switchTo(store);
      const builds = new Map([[one.cacheId, build]]);
      const options = { ...OFFLINE, stageOnly: true };
      await applySwitches(
        await openStopped(root),
        { switches: [one], builds, clone: 'auto' },
        options,
      );
      const { opened, calls } = await running({ name: 'box', state });
      const { id, name } = store.container('box');
      const stop: StoppedRecord = {
        record: { kind: 'containers', containers: [{ id, name }] },
        socketPath: daemon?.socketPath ?? '',
        startAgain: [{ id, name }],
        at: bootTime(),
      };
      const [transaction] = readTransactions(layoutOf(root));
      record(hostDisk, transaction!, { kind: 'daemon-stopped', start: JSON.stringify(stop) });
      return { opened, calls };
    }

    it('status names them until they are started', async () => {
      const { opened } = await died('exited');
      const stopped = { dockerd: false, containers: ['box'] };
      expect(await showStatus(opened)).to.deep.include({ stopped });
      await resumeTransaction(opened, OFFLINE);
      expect(await showStatus(opened)).to.deep.include({ open: [], stopped: undefined });
    });

    it('resume makes the switch and starts them, without being asked again', async () => {
      const { opened } = await died('exited');
      expect(await resumeTransaction(opened, OFFLINE)).to.have.property('kind', 'switched');
      expect(shown).to.deep.equal(['stop box: diff', 'start box: diff.2']);
    });

    it('resume stops first what was not stopped yet', async () => {
      const { opened } = await died('running');
      await resumeTransaction(opened, OFFLINE);
      expect(shown).to.deep.equal(['stop box: diff', 'start box: diff.2']);
    });

    it('resume of a switch that is made only starts them', async () => {
      const { opened } = await died('exited');
      const [transaction] = readTransactions(layoutOf(root));
      record(hostDisk, transaction!, { kind: 'published', after: '' });
      await resumeTransaction(opened, OFFLINE);
      expect(shown).to.deep.equal(['start box: diff']);
    });

    it('abort removes what was staged and starts them, and stops none', async () => {
      const { opened } = await died('exited');
      expect(await abortTransaction(opened, OFFLINE)).to.have.property('kind', 'discarded');
      expect(shown).to.deep.equal(['start box: diff']);
      expect(changes()).to.deep.equal([]);
    });
  });

  describe('although no dockerd does', () => {
    let mounting: ChildProcess | undefined;

    afterEach(async () => {
      if (mounting === undefined) return;
      const gone = once(mounting, 'exit');
      mounting.kill('SIGKILL');
      await gone;
      mounting = undefined;
    });

    /** Mounts something where a container's files are seen, where only one process sees it. */
    async function mounted(name: string): Promise<void> {
      const merged = join(store.paths.overlay, store.container(name).mountId, 'merged');
      mkdirSync(merged);
      before = stateOf(root);
      const script = 'mount -t tmpfs none "$0" && echo up && exec sleep 1000';
      const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, merged];
      mounting = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(mounting.stdout!, 'data');
    }

    it('refuse it, and nobody can be asked to stop them', async () => {
      await mounted('box');
      const opened = await openStopped(root);
      expect((await rejection('IN_USE', () => apply(opened))).message).to.contain('box');
      const error = await rejection('DAEMON_FAILED', () =>
        apply(opened, { restartContainers: true }),
      );
      expect(error.message).to.equal('box cannot be stopped: dockerd does not run');
      expect(changes()).to.deep.equal([]);
    });

    it('refuse its undo, which would take their files away', async () => {
      await apply(await openStopped(root));
      await mounted('pen');
      const { plan } = planUndoTransaction(await openStopped(root), undefined);
      expect(plan.refusals).to.deep.equal(['the container pen runs on base:1: stop it first']);
    });
  });
});
