import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { expect } from 'chai';

import { dockerdLockPath } from '../../src/daemon/dockerd-lock.ts';
import { findDockerd } from '../../src/daemon/dockerd-process.ts';
import { connectEngine } from '../../src/daemon/engine-api.ts';
import type {
  DaemonService,
  ServiceContext,
  SystemdRecord,
} from '../../src/daemon/daemon-service.ts';
import { chooseService, serviceFromRecord } from '../../src/daemon/service.ts';
import { startFakeDockerd, stopFakeDockerd } from './fake-dockerd.ts';
import { fakeSystemd, type FakeSystemd } from './fake-systemd.ts';
import { rejection } from './rejection.ts';
import { tempFolder } from './temp-folder.ts';

const TIMER = 'rebase-image-start-docker-7';
const RECORD: SystemdRecord = {
  kind: 'systemd',
  unit: 'docker.service',
  socket: 'docker.socket',
  socketActive: true,
  dependents: ['app.service'],
};

describe('systemd', () => {
  const folder = tempFolder();
  let systemd: FakeSystemd;
  let dockerd: ChildProcess | undefined;
  let context: ServiceContext;

  beforeEach(() => {
    systemd = fakeSystemd(folder());
    context = {
      dataRoot: join(folder(), 'root'),
      engine: connectEngine(join(folder(), 's')),
      transaction: '7',
      run: systemd.run,
      stopTimeoutMs: 60_000,
      startTimeoutMs: 60_000,
      deadManSeconds: 600,
    };
  });
  afterEach(async () => {
    if (dockerd !== undefined) await stopFakeDockerd(dockerd);
    dockerd = undefined;
  });

  async function startDockerd(): Promise<void> {
    dockerd = await startFakeDockerd(dockerdLockPath(context.dataRoot), context.engine.socketPath);
    const found = await findDockerd(context.dataRoot);
    if (!found.running) throw new Error('the fake dockerd does not run');
    context = { ...context, dockerd: found };
  }

  function runsInUnit(pid: number | undefined): void {
    systemd.unit('docker.service', [
      `MainPID=${String(pid)}`,
      'LoadState=loaded',
      'ActiveState=active',
      'RequiredBy=app.service idle.service',
      'ConsistsOf=part.service',
    ]);
    systemd.unit('docker.socket', [
      'LoadState=loaded',
      'ActiveState=active',
      'RequiredBy=docker.service',
    ]);
    systemd.unit('app.service', [
      'LoadState=loaded',
      'ActiveState=active',
      'BoundBy=above.service',
    ]);
    systemd.unit('idle.service', ['LoadState=loaded', 'ActiveState=inactive']);
    systemd.unit('part.service', ['LoadState=loaded', 'ActiveState=activating']);
    systemd.unit('above.service', [
      'LoadState=loaded',
      'ActiveState=active',
      'RequiredBy=app.service',
    ]);
  }

  const choose = (): Promise<DaemonService | undefined> =>
    chooseService({ systemdFolder: folder() }, context);

  describe('is chosen', () => {
    it('when docker.service is the dockerd of the data-root, with all that stops with it', async () => {
      await startDockerd();
      runsInUnit(dockerd?.pid);
      const service = await choose();
      expect(service?.record).to.deep.equal({
        ...RECORD,
        dependents: ['above.service', 'app.service', 'part.service'],
      });
      expect(service?.describe()).to.equal(
        'systemctl stop docker.socket docker.service; ' +
          'systemctl start docker.socket docker.service above.service app.service part.service',
      );
      expect(systemd.calls()).to.deep.equal([]);
    });

    it('without a socket unit where there is none', async () => {
      await startDockerd();
      systemd.unit('docker.service', [`MainPID=${String(dockerd?.pid)}`, 'LoadState=loaded']);
      const service = await choose();
      expect(service?.record).to.deep.equal({
        kind: 'systemd',
        unit: 'docker.service',
        socketActive: false,
        dependents: [],
      });
      expect(service?.describe()).to.equal(
        'systemctl stop docker.service; systemctl start docker.service',
      );
    });

    it('not when the unit runs another dockerd, systemd is not there, or dockerd is not visible', async () => {
      await startDockerd();
      runsInUnit(1);
      expect(await choose()).to.equal(undefined);
      runsInUnit(dockerd?.pid);
      expect(await chooseService({ systemdFolder: '/nonexistent' }, context)).to.equal(undefined);
      context = { ...context, dockerd: { running: true, socketPaths: [] } };
      expect(await choose()).to.equal(undefined);
    });
  });

  describe('stop', () => {
    it('arms the timer, stops socket and service, and waits for the end of dockerd', async () => {
      await startDockerd();
      systemd.at('stop', `case "$*" in *docker.service*) kill ${String(dockerd?.pid)};; esac`);
      await serviceFromRecord(RECORD, context).stop();
      expect(await findDockerd(context.dataRoot)).to.deep.equal({ running: false });
      expect(systemd.calls()).to.deep.equal([
        `systemctl stop ${TIMER}.timer`,
        'systemd-run --quiet --collect --on-active=600 --timer-property=AccuracySec=1s ' +
          `--unit=${TIMER} systemctl start docker.socket docker.service app.service`,
        'systemctl stop docker.socket docker.service',
      ]);
    });

    it('stops nothing when the timer cannot be armed', async () => {
      systemd.at('systemd-run', 'echo no bus >&2; exit 1');
      const error = await rejection('DAEMON_FAILED', () =>
        serviceFromRecord(RECORD, context).stop(),
      );
      expect(error.message).to.equal(`cannot arm the timer ${TIMER}.timer: no bus`);
      expect(systemd.calls().join()).not.to.contain('docker.service,');
      expect(systemd.calls()).not.to.include('systemctl stop docker.socket docker.service');
    });

    it('fails when systemctl does', async () => {
      systemd.at('stop', 'echo Access denied >&2; exit 4');
      const error = await rejection('DAEMON_FAILED', () =>
        serviceFromRecord(RECORD, context).stop(),
      );
      expect(error.message).to.equal('systemctl stop docker.socket docker.service: Access denied');
      expect(error.hint).to.equal('journalctl -u docker.service -n 50');
    });

    it('fails when dockerd runs on', async () => {
      await startDockerd();
      const service = serviceFromRecord(RECORD, { ...context, stopTimeoutMs: 100 });
      const error = await rejection('DAEMON_FAILED', () => service.stop());
      expect(error.message).to.equal(
        `dockerd (pid ${String(dockerd?.pid)}) still runs 0.1 s after its stop`,
      );
    });
  });

  describe('start', () => {
    it('forgets earlier failures, starts what ran before, and disarms the timer', async () => {
      await startDockerd();
      expect(await serviceFromRecord(RECORD, context).start()).to.deep.equal({
        state: 'up',
        warnings: [],
      });
      expect(systemd.calls()).to.deep.equal([
        'systemctl reset-failed docker.socket docker.service',
        'systemctl start docker.socket',
        'systemctl start --no-block docker.service',
        'systemctl start app.service',
        `systemctl stop ${TIMER}.timer`,
      ]);
    });

    it('leaves a socket alone that was not active', async () => {
      await startDockerd();
      await serviceFromRecord({ ...RECORD, socketActive: false }, context).start();
      expect(systemd.calls()).not.to.include('systemctl start docker.socket');
    });

    it('warns of a unit that does not come back', async () => {
      await startDockerd();
      systemd.at('start', 'case "$*" in *app.service*) echo app is broken >&2; exit 1;; esac');
      expect(await serviceFromRecord(RECORD, context).start()).to.deep.equal({
        state: 'up',
        warnings: ['systemctl start app.service: app is broken'],
      });
    });

    it('has failed when the unit has, and leaves the timer armed', async () => {
      systemd.unit('docker.service', ['ActiveState=failed', 'Result=exit-code']);
      expect(await serviceFromRecord(RECORD, context).start()).to.deep.equal({
        state: 'failed',
        message: 'docker.service has failed (exit-code)',
        hint: 'journalctl -u docker.service -n 50',
      });
      expect(systemd.calls().join()).not.to.contain('.timer');
    });

    it('does not know while systemd tries again', async () => {
      systemd.unit('docker.service', [
        'ActiveState=activating',
        'SubState=auto-restart',
        'Result=exit-code',
      ]);
      const outcome = await serviceFromRecord(RECORD, { ...context, startTimeoutMs: 300 }).start();
      expect(outcome.state).to.equal('unknown');
    });

    it('does not take another daemon at the socket for this one', async () => {
      dockerd = await startFakeDockerd(join(folder(), 'other'), context.engine.socketPath);
      const outcome = await serviceFromRecord(RECORD, { ...context, startTimeoutMs: 300 }).start();
      expect(outcome).to.include({
        state: 'unknown',
        message: `a daemon answers at unix://${context.engine.socketPath}, and none runs on ${context.dataRoot}`,
      });
    });
  });
});
