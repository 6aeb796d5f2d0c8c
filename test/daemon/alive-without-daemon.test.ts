import { join } from 'node:path';

import { expect } from 'chai';

import { findAlive } from '../../src/daemon/alive-without-daemon.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

const ID = 'c'.repeat(64);

describe('alive-without-daemon', () => {
  const root = tempFolder();
  const proc = tempFolder();
  const alive = () => findAlive(root(), join(root(), 'containers'), { procPath: proc() });

  function mount(mountPoint: string, options = 'rw'): string {
    return `47 43 0:39 / ${mountPoint} rw,relatime shared:3 - overlay overlay ${options}\n`;
  }

  function container(state: object): void {
    const config = { ID, Name: '/web', State: state };
    writeFiles(root(), { [`containers/${ID}/config.v2.json`]: JSON.stringify(config) });
  }

  it('finds nothing on a quiet data-root, its own bind mount aside', () => {
    writeFiles(proc(), { '1/mountinfo': mount(root()) + mount(`${root()}/overlay2`) });
    expect(alive()).to.deep.equal({ mounts: [], containers: [] });
  });

  it('finds mounts of every mount namespace, each once', () => {
    const [merged, other] = [`${root()}/overlay2/a/merged`, `${root()}/overlay2/b`];
    writeFiles(proc(), {
      '1/mountinfo': mount(merged),
      '1/ns/mnt': '-> mnt:[1]',
      '2/mountinfo': 'not read: the same namespace',
      '2/ns/mnt': '-> mnt:[1]',
      '3/mountinfo': mount('/', `rw,lowerdir=l/X,upperdir=${other}/diff,workdir=${other}/work`),
      '3/ns/mnt': '-> mnt:[3]',
      '4/mountinfo': mount('/', `rw,upperdir=${root()}/overlay2/a/diff`),
      '4/ns/mnt': '-> mnt:[4]',
    });
    expect(alive().mounts).to.deep.equal([merged, `${other}/diff`]);
  });

  it('takes a read-only view of layers for none', () => {
    writeFiles(proc(), {
      '1/mountinfo': mount('/tmp/proof', `ro,lowerdir=${root()}/overlay2/l/X`),
    });
    expect(alive().mounts).to.deep.equal([]);
  });

  it('finds running and paused containers whose process lives', () => {
    writeFiles(proc(), { '9/cgroup': `0::/system.slice/docker-${ID}.scope\n` });
    container({ Running: true, Pid: 9 });
    expect(alive().containers).to.deep.equal([{ id: ID, name: 'web', pid: 9 }]);
    container({ Running: false, Paused: true, Pid: 9 });
    expect(alive().containers).to.have.length(1);
    container({ Running: false, Pid: 9 });
    expect(alive().containers).to.deep.equal([]);
  });

  it('is not misled by the config that a crash of the host has left', () => {
    container({ Running: true, Pid: 9 });
    expect(alive().containers).to.deep.equal([]);
    writeFiles(proc(), {
      '9/cgroup': '0::/system.slice/cron.service\n',
      '9/mountinfo': mount('/'),
    });
    expect(alive().containers).to.deep.equal([]);
  });

  it('knows a container by its root where the cgroup does not tell', () => {
    container({ Running: true, Pid: 9 });
    const upper = `rw,upperdir=${root()}/overlay2/a/diff`;
    writeFiles(proc(), { '9/cgroup': '0::/\n', '9/mountinfo': mount('/', upper) });
    expect(alive().containers).to.have.length(1);
  });
});
