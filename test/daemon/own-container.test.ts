import { expect } from 'chai';

import { ownContainer } from '../../src/daemon/own-container.ts';
import { tempFolder, writeFiles } from './temp-folder.ts';

const ID = 'ab'.repeat(32);

describe('own-container', () => {
  const proc = tempFolder();
  const own = (ids = [ID]) => ownContainer(ids, { procPath: proc() });

  it('knows the container by the cgroup', () => {
    writeFiles(proc(), { 'self/cgroup': `4:memory:/docker/${ID}\n0::/docker/${ID}\n` });
    expect(own()).to.equal(ID);
  });

  it('knows it by the mounted files where the cgroup namespace is private', () => {
    const root = `/var/lib/docker/containers/${ID}/hosts`;
    const mountinfo = `60 43 254:0 ${root} /etc/hosts rw - ext4 /dev/vda rw\n`;
    writeFiles(proc(), { 'self/cgroup': '0::/\n', 'self/mountinfo': mountinfo });
    expect(own()).to.equal(ID);
  });

  it("does not take the host for a container's inside", () => {
    const shm = `60 43 0:5 / /var/lib/docker/containers/${ID}/mounts/shm rw - tmpfs shm rw\n`;
    writeFiles(proc(), { 'self/cgroup': '0::/user.slice\n', 'self/mountinfo': shm });
    expect(own()).to.equal(undefined);
  });

  it("leaves another daemon's containers alone", () => {
    writeFiles(proc(), { 'self/cgroup': `0::/docker/${ID}\n` });
    expect(own(['cd'.repeat(32)])).to.equal(undefined);
  });
});
