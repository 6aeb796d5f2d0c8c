import { readFileSync, statSync } from 'node:fs';

import { expect } from 'chai';

import {
  dockerdLockPath,
  holdDockerdLock,
  isDockerdLockHeld,
} from '../../src/daemon/dockerd-lock.ts';
import { startFakeDockerd, stopFakeDockerd } from './fake-dockerd.ts';
import { rejection } from './rejection.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

describe('dockerd-lock', () => {
  const root = tempFolder();

  it('says so when dockerd has never run on the data-root', async () => {
    const lock = await holdDockerdLock(root());
    expect(lock.held).to.equal(false);
    lock.release();
    expect(await isDockerdLockHeld(root())).to.equal(false);
  });

  it('keeps others out until its release, and leaves the file as it was', async () => {
    writeFiles(root(), { 'volumes/metadata.db': 'bolt' });
    const before = statSync(dockerdLockPath(root()));
    const lock = await holdDockerdLock(root());
    expect(lock.held).to.equal(true);
    expect(await isDockerdLockHeld(root())).to.equal(true);
    lock.release();
    expect(await isDockerdLockHeld(root())).to.equal(false);
    expect(readFileSync(dockerdLockPath(root()), 'utf8')).to.equal('bolt');
    expect(statSync(dockerdLockPath(root())).mtimeMs).to.equal(before.mtimeMs);
  });

  it('is refused while a dockerd runs', async () => {
    const dockerd = await startFakeDockerd(dockerdLockPath(root()));
    const error = await rejection('LOCKED', () => holdDockerdLock(root()));
    expect(error.message).to.contain(`dockerd runs on ${root()}`);
    await stopFakeDockerd(dockerd);
    (await holdDockerdLock(root())).release();
  });
});
