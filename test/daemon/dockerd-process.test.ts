import { join } from 'node:path';

import { expect } from 'chai';

import { dockerdLockPath, holdDockerdLock } from '../../src/daemon/dockerd-lock.ts';
import { findDockerd, hasEnded, stillRuns } from '../../src/daemon/dockerd-process.ts';
import { startFakeDockerd, stopFakeDockerd } from './fake-dockerd.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

/** Field 22, the start time, is 94065. */
const STAT =
  '17 (dock erd) S 1 17 17 0 -1 4194560 1 2 3 3 36 61 96 103 20 0 12 0 94065 1645645824 22375';

describe('dockerd-process', () => {
  const root = tempFolder();
  const proc = tempFolder();

  it('finds none where dockerd never ran, and none after its end', async () => {
    expect(await findDockerd(root())).to.deep.equal({ running: false });
    writeFiles(root(), { 'volumes/metadata.db': '' });
    expect(await findDockerd(root())).to.deep.equal({ running: false });
  });

  it('finds the process that holds the lock, and sees it end', async () => {
    const before = Date.now();
    const child = await startFakeDockerd(dockerdLockPath(root()));
    const found = await findDockerd(root());
    if (!found.running) throw new Error('not found');
    expect(found.pid).to.equal(child.pid);
    expect(found.argv?.[0]).to.equal(process.execPath);
    // The kernel gives its own start in whole seconds.
    expect(found.startedAt?.epochMs).to.be.within(before - 2_000, Date.now() + 2_000);
    expect([hasEnded(found), stillRuns(found, root())]).to.deep.equal([false, true]);
    await stopFakeDockerd(child);
    expect([hasEnded(found), stillRuns(found, root())]).to.deep.equal([true, false]);
    expect(await findDockerd(root())).to.deep.equal({ running: false });
  });

  it('reads its arguments, sockets and start time from /proc', async () => {
    writeFiles(root(), { 'volumes/metadata.db': '', 'daemon.json': '{"hosts":["unix:///b"]}' });
    writeFiles(proc(), {
      stat: 'cpu 1 2 3\nbtime 1795228488\n',
      '5/comm': 'cat\n',
      '17/comm': 'dockerd\n',
      '17/stat': STAT,
      '17/cmdline': `dockerd\0--config-file\0${join(root(), 'daemon.json')}\0-H\0unix:///a\0`,
      '17/fd/13': `-> ${dockerdLockPath(root())}`,
      '17/fdinfo/13': 'pos:\t0\nlock:\t1: FLOCK  ADVISORY  WRITE 17 fe:00:7 0 EOF\n',
    });
    const lock = await holdDockerdLock(root());
    const found = await findDockerd(root(), { procPath: proc() });
    lock.release();
    expect(found).to.deep.equal({
      running: true,
      pid: 17,
      startedAt: { ticks: 94065, msSinceBoot: 940650, epochMs: 1795228488000 + 940650 },
      argv: ['dockerd', '--config-file', join(root(), 'daemon.json'), '-H', 'unix:///a'],
      socketPaths: ['/a', '/b'],
    });
  });

  for (const lock of [
    'FLOCK  ADVISORY  READ ',
    'POSIX  ADVISORY  WRITE',
    '-> FLOCK ADVISORY WRITE',
  ]) {
    it(`does not take a process for it that has the file open with ${lock.trim()}`, async () => {
      writeFiles(root(), { 'volumes/metadata.db': '' });
      writeFiles(proc(), {
        '17/comm': 'docker-proxy\n',
        '17/fd/13': `-> ${dockerdLockPath(root())}`,
        '17/fdinfo/13': `pos:\t0\nlock:\t1: ${lock} 17 fe:00:7 0 EOF\n`,
      });
      expect(await findDockerd(root(), { procPath: proc() })).to.deep.equal({ running: false });
    });
  }

  it('knows whether the very process that it has found still has the lock', async () => {
    const held = 'lock:\t1: FLOCK  ADVISORY  WRITE 17 fe:00:7 0 EOF\n';
    const options = { procPath: proc(), pidFile: join(root(), 'docker.pid') };
    writeFiles(root(), { 'volumes/metadata.db': '', 'docker.pid': '17' });
    writeFiles(proc(), {
      '17/comm': 'renamed\n',
      '17/stat': STAT,
      '17/fd/13': `-> ${dockerdLockPath(root())}`,
      '17/fdinfo/13': held,
    });
    const found = await findDockerd(root(), options);
    if (!found.running) throw new Error('not found');
    expect([found.pid, stillRuns(found, root(), options)]).to.deep.equal([17, true]);
    expect(stillRuns({ running: true, socketPaths: [] }, root(), options)).to.equal(false);
    writeFiles(proc(), { '17/fdinfo/13': 'pos:\t0\n' });
    expect(stillRuns(found, root(), options)).to.equal(false);
    writeFiles(proc(), { '17/fdinfo/13': held, '17/stat': STAT.replace('94065', '94066') });
    expect(stillRuns(found, root(), options)).to.equal(false);
  });

  it('knows that one runs even when its process cannot be seen', async () => {
    writeFiles(root(), { 'volumes/metadata.db': '' });
    const lock = await holdDockerdLock(root());
    const found = await findDockerd(root(), { procPath: proc() });
    lock.release();
    expect(found).to.deep.equal({ running: true, socketPaths: [] });
  });

  it('takes a zombie, and another process of the same pid, for an end', () => {
    const startedAt = { ticks: 94065, msSinceBoot: 0, epochMs: 0 };
    const dockerd = { running: true, pid: 17, startedAt, socketPaths: [] } as const;
    writeFiles(proc(), { '17/stat': STAT });
    expect(hasEnded(dockerd, { procPath: proc() })).to.equal(false);
    writeFiles(proc(), { '17/stat': STAT.replace('94065', '94066') });
    expect(hasEnded(dockerd, { procPath: proc() })).to.equal(true);
    writeFiles(proc(), { '17/stat': STAT.replace(') S', ') Z') });
    expect(hasEnded(dockerd, { procPath: proc() })).to.equal(true);
  });
});
