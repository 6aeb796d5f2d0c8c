/** An abort that finds the daemon stopped by an earlier run: it is started, whatever comes of it. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import type { StoppedRecord } from '../../src/api/while-stopped.ts';
import { hostDisk } from '../../src/apply/disk.ts';
import { readTransactions, record } from '../../src/apply/journal.ts';
import { bootTime } from '../../src/store/boot-clock.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees } from '../support/tree-state.ts';
import { abort, fastDir, rebase, SMALL, stateOf } from './stopped-store.ts';

describe('api: abort with a daemon to start', () => {
  let store: BuiltStore;
  let started: string;

  beforeEach(async () => {
    store = await buildStore(fastDir(), SMALL);
    started = join(makeTempDir(), 'started');
  });
  afterEach(removeTempDirs);

  it('of a published transaction refuses when the old image is gone, and starts it', async () => {
    await rebase(store.root, 'app:1', 'base:2');
    stopped();
    rmSync(join(store.paths.content, store.image('app').imageId.slice(7)));
    const before = stateOf(store.root);
    // The start command fails, which is said beside the refusal.
    const error = await rejection('HALF_WAY', () => abort(store.root));
    expect(error.cause).to.have.property('code', 'IN_USE');
    expect(error.message).to.match(/the old image \w+ of app:1 is gone/);
    expect(error.message).to.contain('dockerd is down');
    expect(error.hint).to.contain('resume');
    expect(existsSync(started), 'the start command ran').to.equal(true);
    expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
    expect(lastState()).to.equal('published');
  });

  it('of a published transaction takes it back, starts it and says that it is down', async () => {
    const before = stateOf(store.root);
    await rebase(store.root, 'app:1', 'base:2');
    stopped();
    const error = await rejection('HALF_WAY', () => abort(store.root));
    expect(error.message).to.contain('taken back, and dockerd is down');
    expect(existsSync(started), 'the start command ran').to.equal(true);
    expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
    expect(lastState()).to.equal('undone');
  });

  /** The journal as a run leaves it that dies while the daemon is down. */
  function stopped(): void {
    const transaction = readTransactions(layoutOf(store.root)).at(-1)!;
    const stop: StoppedRecord = {
      record: { kind: 'commands', stop: 'true', start: `touch '${started}'; exit 7` },
      socketPath: join(makeTempDir(), 'docker.sock'),
      startAgain: [],
      at: bootTime(),
    };
    record(hostDisk, transaction, { kind: 'daemon-stopped', start: JSON.stringify(stop) });
  }

  function lastState(): string | undefined {
    return readTransactions(layoutOf(store.root)).at(-1)?.state;
  }
});
