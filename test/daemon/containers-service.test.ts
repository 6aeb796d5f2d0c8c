import { join } from 'node:path';

import { expect } from 'chai';

import { containersService } from '../../src/daemon/containers-service.ts';
import { connectEngine } from '../../src/daemon/engine-api.ts';
import { fakeEngine, type FakeAnswer, type FakeEngine } from './fake-engine.ts';
import { rejection } from './rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const ONE = { id: 'a1', name: 'web' };
const TWO = { id: 'b2', name: '' };
const UP: Readonly<Record<string, FakeAnswer>> = { 'GET /_ping': { body: 'OK' } };

describe('daemon/containers-service', () => {
  let daemon: FakeEngine | undefined;

  afterEach(async () => {
    await daemon?.close();
    daemon = undefined;
    removeTempDirs();
  });

  async function service(answers?: Readonly<Record<string, FakeAnswer>>) {
    const socketPath = join(makeTempDir(), 'docker.sock');
    if (answers !== undefined) daemon = await fakeEngine(socketPath, answers);
    const record = { kind: 'containers', containers: [ONE, TWO] } as const;
    return containersService(record, connectEngine(socketPath));
  }

  it('says what it does, by names where there are some', async () => {
    expect((await service()).describe()).to.equal('docker stop web b2');
  });

  it('stops each, and takes one that does not run, or is gone, for stopped', async () => {
    const stopping = await service({ ...UP, 'POST /containers/a1/stop': { status: 304 } });
    await stopping.stop();
    expect(daemon?.calls.slice(1).sort()).to.deep.equal([
      'POST /containers/a1/stop',
      'POST /containers/b2/stop',
    ]);
  });

  it('tells of one that does not stop when all have been asked', async () => {
    const stopping = await service({
      ...UP,
      'POST /containers/a1/stop': { status: 500, body: { message: 'it does not end' } },
    });
    const error = await rejection('DAEMON_FAILED', () => stopping.stop());
    expect(error.message).to.contain('it does not end');
    expect(daemon?.calls).to.include('POST /containers/b2/stop');
  });

  it('has nothing to stop without a daemon, and is not up without one', async () => {
    const without = await service();
    await without.stop();
    expect(await without.start()).to.include({ state: 'unknown' });
  });

  it('is up when the daemon answers', async () => {
    expect(await (await service(UP)).start()).to.deep.equal({ state: 'up', warnings: [] });
  });
});
