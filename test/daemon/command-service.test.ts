import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { dockerdLockPath } from '../../src/daemon/dockerd-lock.ts';
import { findDockerd } from '../../src/daemon/dockerd-process.ts';
import { connectEngine } from '../../src/daemon/engine-api.ts';
import type { DaemonService, ServiceContext } from '../../src/daemon/daemon-service.ts';
import { chooseService } from '../../src/daemon/service.ts';
import { fakeDockerdArgs } from './fake-dockerd.ts';
import { rejection } from './rejection.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

describe('command-service', () => {
  // Before the folder goes: the lock in it is how a dockerd that is left over is found.
  afterEach(async () => {
    const found = await findDockerd(context.dataRoot);
    if (found.running && found.pid !== undefined) process.kill(found.pid, 'SIGKILL');
  });
  const folder = tempFolder();
  let context: ServiceContext;

  beforeEach(() => {
    context = {
      dataRoot: join(folder(), 'root'),
      engine: connectEngine(join(folder(), 's')),
      transaction: '7',
      run: () => Promise.reject(new Error('no tool is needed')),
      stopTimeoutMs: 60_000,
      startTimeoutMs: 60_000,
    };
    // A shell script, as an operator would have it: start.sh leaves a dockerd behind.
    const [flag, program = '', ...rest] = fakeDockerdArgs(
      dockerdLockPath(context.dataRoot),
      join(folder(), 's'),
    );
    writeFiles(folder(), {
      'dockerd.cjs': program.replace('process.argv.slice(1)', 'process.argv.slice(2)'),
      'dockerd.sh': `exec ${process.execPath} ${folder()}/dockerd.cjs ${rest.join(' ')}\n`,
      'start.sh': `sh ${folder()}/dockerd.sh & echo $! > ${folder()}/pid\n`,
      'stop.sh': `kill $(cat ${folder()}/pid)\n`,
    });
    expect(flag).to.equal('-e');
  });

  async function service(start: string, stop = `sh ${folder()}/stop.sh`): Promise<DaemonService> {
    const chosen = await chooseService({ startCommand: start, stopCommand: stop }, context);
    if (chosen === undefined) throw new Error('no service');
    return chosen;
  }

  it('needs both commands', async () => {
    const one = await rejection('USAGE', () => chooseService({ startCommand: 'x' }, context));
    expect(one.message).to.contain('--stop-command is missing');
    const other = await rejection('USAGE', () => chooseService({ stopCommand: 'x' }, context));
    expect(other.message).to.contain('--start-command is missing');
  });

  it('says what will run', async () => {
    expect(
      (await service('rc-service docker start', 'rc-service docker stop')).describe(),
    ).to.equal('rc-service docker stop; rc-service docker start');
  });

  it('starts a daemon that stays behind, knows when it is up, and stops it', async () => {
    const startLine = `sh ${folder()}/start.sh`;
    expect(await (await service(startLine)).start()).to.deep.equal({ state: 'up', warnings: [] });
    const dockerd = await findDockerd(context.dataRoot);
    if (!dockerd.running) throw new Error('not running');
    context = { ...context, dockerd };
    await (await service(startLine)).stop();
    expect(await findDockerd(context.dataRoot)).to.deep.equal({ running: false });
  });

  it('takes a start command that is dockerd itself', async () => {
    const isDockerd = await service(`exec sh ${folder()}/dockerd.sh`);
    expect((await isDockerd.start()).state).to.equal('up');
  });

  it('starts nothing when the daemon is up', async () => {
    await (await service(`sh ${folder()}/start.sh`)).start();
    const pid = readFileSync(join(folder(), 'pid'), 'utf8');
    const again = await service(`touch ${folder()}/started-again`);
    expect(await again.start()).to.deep.equal({ state: 'up', warnings: [] });
    expect(existsSync(join(folder(), 'started-again'))).to.equal(false);
    expect(readFileSync(join(folder(), 'pid'), 'utf8')).to.equal(pid);
  });

  it('has failed when the start command does, with its last words', async () => {
    const failing = await service('echo starting; echo no such runtime >&2; exit 3');
    expect(await failing.start()).to.include({
      state: 'failed',
      message:
        'the start command ended with exit code 3: echo starting; echo no such runtime >&2; exit 3 ' +
        '(starting; no such runtime)',
    });
  });

  it('does not know when the command is content and nobody answers', async () => {
    context = { ...context, startTimeoutMs: 200 };
    expect(await (await service('true')).start()).to.include({
      state: 'unknown',
      message: `dockerd does not answer at unix://${folder()}/s after 0.2 s`,
    });
  });

  it('fails when the stop command does, or takes too long', async () => {
    const failing = await service('true', 'echo not allowed; exit 2');
    const error = await rejection('DAEMON_FAILED', () => failing.stop());
    expect(error.message).to.contain('ended with exit code 2').and.to.contain('(not allowed)');
    context = { ...context, stopTimeoutMs: 100 };
    const slow = await service('true', 'sleep 60');
    const late = await rejection('DAEMON_FAILED', () => slow.stop());
    expect(late.message).to.contain('took longer than 0.1 s');
  });
});
