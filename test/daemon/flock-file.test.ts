import { statSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { flockFile } from '../../src/daemon/flock-file.ts';
import { startFakeDockerd, stopFakeDockerd } from './fake-dockerd.ts';
import { rejection } from './rejection.ts';
import { tempFolder } from './temp-folder.ts';

describe('flock-file', () => {
  const folder = tempFolder();

  it('creates the file for root only, and keeps it', async () => {
    const path = join(folder(), 'lock');
    (await flockFile(path, { timeoutSeconds: 0 })).release();
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('is free again after the release, which may be called twice', async () => {
    const path = join(folder(), 'lock');
    const lock = await flockFile(path, { timeoutSeconds: 0 });
    await rejection('LOCKED', () => flockFile(path, { timeoutSeconds: 0 }));
    lock.release();
    lock.release();
    (await flockFile(path, { timeoutSeconds: 0 })).release();
  });

  it('is refused while another process has it, and free when that one is killed', async () => {
    const path = join(folder(), 'lock');
    const other = await startFakeDockerd(path);
    const error = await rejection('LOCKED', () => flockFile(path, { timeoutSeconds: 0 }));
    expect(error.message).to.equal(`another process holds the lock ${path}`);
    await stopFakeDockerd(other);
    (await flockFile(path, { timeoutSeconds: 0 })).release();
  });

  it('waits as long as it is told', async () => {
    const path = join(folder(), 'lock');
    const other = await startFakeDockerd(path);
    const waiting = flockFile(path, { timeoutSeconds: 10 });
    await stopFakeDockerd(other);
    (await waiting).release();
  });

  it('gives up after the timeout', async () => {
    const path = join(folder(), 'lock');
    const lock = await flockFile(path, { timeoutSeconds: 0 });
    await rejection('LOCKED', () => flockFile(path, { timeoutSeconds: 0.1 }));
    lock.release();
  });
});
