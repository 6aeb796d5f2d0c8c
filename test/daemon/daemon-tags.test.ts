import { expect } from 'chai';

import { daemonTags } from '../../src/daemon/daemon-tags.ts';

describe('daemon-tags', () => {
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
});
