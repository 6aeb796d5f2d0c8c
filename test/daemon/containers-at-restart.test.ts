import { expect } from 'chai';

import { containersAtRestart } from '../../src/daemon/containers-at-restart.ts';
import type { InspectedContainer } from '../../src/daemon/engine-answers.ts';

type Given = Partial<Omit<InspectedContainer, 'restartPolicy'>> & {
  readonly policy?: string;
  readonly retries?: number;
};

function container({ policy = 'no', retries = 0, ...rest }: Given): InspectedContainer {
  return {
    id: 'c'.repeat(64),
    name: 'web',
    imageId: 'sha256:1',
    image: 'a:1',
    state: 'running',
    pid: 1,
    exitCode: 0,
    restartCount: 0,
    autoRemove: false,
    restartPolicy: { name: policy, maximumRetryCount: retries },
    ...rest,
  };
}

function groupOf(given: Given, liveRestore = false, serverVersion = '20.10.24'): string {
  const groups = containersAtRestart([container(given)], { liveRestore, serverVersion });
  const { comeBack, stayDown, deleted, startedToo } = groups;
  if (comeBack.length > 0) return 'comeBack';
  if (stayDown.length > 0) return 'stayDown';
  if (deleted.length > 0) return 'deleted';
  return startedToo.length > 0 ? 'startedToo' : 'untouched';
}

describe('containers-at-restart', () => {
  // Each line was seen on dockerd 20.10.24.
  const table: [Given, string][] = [
    [{ policy: 'no' }, 'stayDown'],
    [{ policy: 'always' }, 'comeBack'],
    [{ policy: 'unless-stopped' }, 'comeBack'],
    [{ policy: 'on-failure' }, 'stayDown'],
    [{ policy: 'always', state: 'paused' }, 'comeBack'],
    [{ policy: 'no', state: 'paused' }, 'stayDown'],
    [{ policy: 'always', state: 'restarting' }, 'comeBack'],
    [{ autoRemove: true }, 'deleted'],
    [{ autoRemove: true, state: 'paused' }, 'deleted'],
    [{ autoRemove: true, state: 'created' }, 'deleted'],
    [{ policy: 'always', state: 'exited', exitCode: 137 }, 'startedToo'],
    [{ policy: 'unless-stopped', state: 'exited', exitCode: 137 }, 'untouched'],
    [{ policy: 'on-failure', state: 'exited', exitCode: 137 }, 'startedToo'],
    [{ policy: 'on-failure', state: 'exited', exitCode: 0 }, 'untouched'],
    [
      { policy: 'on-failure', state: 'exited', exitCode: 1, retries: 1, restartCount: 1 },
      'untouched',
    ],
    [{ policy: 'always', state: 'created' }, 'untouched'],
    [{ policy: 'no', state: 'exited' }, 'untouched'],
  ];
  for (const [given, group] of table) {
    it(`${JSON.stringify(given)} -> ${group}`, () => {
      expect(groupOf(given)).to.equal(group);
    });
  }

  it('keeps what runs with live-restore', () => {
    for (const policy of ['no', 'always', 'on-failure'])
      expect(groupOf({ policy }, true)).to.equal('comeBack');
  });

  it('trusts live-restore with a --rm container only from dockerd 25 on', () => {
    expect(groupOf({ autoRemove: true }, true)).to.equal('deleted');
    expect(groupOf({ autoRemove: true }, true, '28.5.2')).to.equal('comeBack');
    expect(groupOf({ autoRemove: true }, false, '28.5.2')).to.equal('deleted');
    expect(groupOf({ autoRemove: true }, true, 'dev')).to.equal('deleted');
    expect(groupOf({ autoRemove: true, state: 'created' }, true)).to.equal('deleted');
  });

  it('names each container and the reason', () => {
    const { comeBack } = containersAtRestart([container({ policy: 'always', state: 'paused' })], {
      liveRestore: false,
      serverVersion: '20.10.24',
    });
    expect(comeBack).to.deep.equal([
      {
        id: 'cccccccccccc',
        name: 'web',
        imageId: 'sha256:1',
        why: 'restart policy always, no longer paused',
      },
    ]);
  });
});
