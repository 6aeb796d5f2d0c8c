import { expect } from 'chai';

import { daemonTags, familiarName, missingDaemonTags } from '../../src/daemon/daemon-tags.ts';

describe('daemon-tags', () => {
  const names: [string, string][] = [
    ['alpine', 'alpine:latest'],
    ['docker.io/library/alpine:3.12', 'alpine:3.12'],
    ['index.docker.io/me/app:1', 'me/app:1'],
    ['reg.local:5000/app', 'reg.local:5000/app:latest'],
    ['alpine@sha256:1', 'alpine@sha256:1'],
  ];
  for (const [reference, familiar] of names) {
    it(`${reference} is listed as ${familiar}`, () => {
      expect(familiarName(reference)).to.equal(familiar);
    });
  }

  it('collects names and digests', () => {
    const images = [
      { id: 'i', repoTags: ['a:1', 'b:2'], repoDigests: ['a@sha256:1'], parentId: '' },
    ];
    expect([...daemonTags(images)]).to.deep.equal([
      ['a:1', 'i'],
      ['b:2', 'i'],
      ['a@sha256:1', 'i'],
    ]);
  });

  it('finds what was tagged or moved through the daemon, and not what the plan did', () => {
    const engine = new Map([
      ['same:1', 'x'],
      ['new:1', 'x'],
      ['moved:1', 'y'],
      ['app:1', 'old'],
      ['deleted:1', 'x'],
    ]);
    const file = new Map([
      ['same:1', 'x'],
      ['moved:1', 'x'],
      ['app:1', 'rebased'],
      ['only-in-file:1', 'x'],
    ]);
    const planned = new Set(['docker.io/library/app:1', 'deleted:1']);
    expect(missingDaemonTags(engine, file, planned)).to.deep.equal([
      { reference: 'moved:1', imageId: 'y' },
      { reference: 'new:1', imageId: 'x' },
    ]);
  });
});
