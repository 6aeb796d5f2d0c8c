import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { restartHazards } from '../../src/daemon/restart-hazards.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

const ID = 'ab'.repeat(32);

describe('restart-hazards', () => {
  const folder = tempFolder();
  let ran: string[] = [];

  function hazards(flags: readonly string[] = [], installed = 'Docker version 24.0.5, build 1') {
    const argv = ['dockerd', '--config-file', join(folder(), 'daemon.json'), ...flags];
    ran = [];
    return restartHazards({
      root: '/var/lib/docker',
      dockerd: { running: true, pid: 17, argv, socketPaths: [] },
      serverVersion: '20.10.24+dfsg1',
      containerIds: [ID],
      run: (tool, args) => {
        ran.push([tool, ...args].join(' '));
        return Promise.resolve({ code: 0, stdout: `${installed}\n`, stderr: '' });
      },
      procPath: join(folder(), 'proc'),
    });
  }

  /** The running dockerd, its file in place. */
  beforeEach(() => {
    writeFiles(folder(), {
      dockerd: 'program',
      'daemon.json': '{"data-root":"/d"}',
      'proc/self/cgroup': '0::/\n',
      'proc/17/exe': `-> ${folder()}/dockerd`,
      'proc/17/root': '-> /',
    });
  });

  it('finds none on a host as it should be, and starts nothing to know', async () => {
    expect(await hazards()).to.deep.equal([]);
    expect(ran).to.deep.equal([]);
  });

  const configs: [string, string, readonly string[], string][] = [
    ['does not parse', '{"debug":true,}', [], 'is not JSON'],
    ['is empty', '', [], 'is not JSON'],
    ['is no object', '[]', [], 'is not a JSON object'],
    [
      'repeats a flag',
      '{"hosts":[]}',
      ['-H', 'fd://'],
      "sets what dockerd's flags set too, which dockerd refuses: hosts",
    ],
    ['repeats a long flag', '{"live-restore":true}', ['--live-restore'], 'refuses: live-restore'],
  ];
  for (const [what, text, flags, message] of configs) {
    it(`reports a daemon.json that ${what}`, async () => {
      writeFiles(folder(), { 'daemon.json': text });
      const [hazard] = await hazards(flags);
      expect(hazard?.kind).to.equal('daemon-json');
      expect(hazard?.message).to.contain(`${folder()}/daemon.json`).and.to.contain(message);
    });
  }

  it('reports a configuration file that was named and is gone', async () => {
    renameSync(join(folder(), 'daemon.json'), join(folder(), 'elsewhere'));
    expect(await hazards()).to.deep.equal([
      { kind: 'daemon-json', message: `${folder()}/daemon.json: ENOENT` },
    ]);
  });

  describe('when the running program is not the installed one', () => {
    beforeEach(() => {
      renameSync(join(folder(), 'proc/17/exe'), join(folder(), 'proc/17/was'));
      writeFiles(folder(), { 'proc/17/exe': `-> ${folder()}/dockerd (deleted)` });
    });

    it('reports another version', async () => {
      expect(await hazards()).to.deep.equal([
        {
          kind: 'newer-dockerd',
          message: `dockerd 20.10.24+dfsg1 runs, and ${folder()}/dockerd is now 24.0.5`,
        },
      ]);
      expect(ran).to.deep.equal([`${folder()}/dockerd --version`]);
    });

    it('does not mind the same version, installed again', async () => {
      expect(await hazards([], 'Docker version 20.10.24+dfsg1, build 5d6db84')).to.deep.equal([]);
    });
  });

  it('reports an overlay2 folder that dockerd would unmount, and not one bound to itself', async () => {
    const mounted = (root: string, point: string): string =>
      `31 20 254:1 ${root} ${point} rw,relatime shared:1 - ext4 /dev/vdb rw\n`;
    const overlay = '/var/lib/docker/overlay2';
    for (const text of [mounted('/', overlay), mounted('/big/overlay2', overlay)]) {
      writeFiles(folder(), { 'proc/17/mountinfo': mounted('/', '/var/lib/docker') + text });
      expect(await hazards()).to.deep.equal([
        {
          kind: 'overlay-mount',
          message: `${overlay} is a mount of its own, which dockerd unmounts as it stops`,
        },
      ]);
    }
    for (const text of [
      mounted('/var/lib/docker/overlay2', overlay),
      mounted('/lib/docker/overlay2', overlay),
      mounted('/', `${overlay}/l`),
    ]) {
      writeFiles(folder(), { 'proc/17/mountinfo': text });
      expect(await hazards(), text).to.deep.equal([]);
    }
  });

  it('reports that it runs inside a container of this daemon', async () => {
    writeFiles(folder(), { 'proc/self/cgroup': `0::/docker/${ID}\n` });
    expect(await hazards()).to.deep.equal([
      {
        kind: 'inside-container',
        message: 'this process runs in container abababababab of the daemon to restart',
      },
    ]);
  });
});
