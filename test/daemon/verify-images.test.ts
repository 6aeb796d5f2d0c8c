import { expect } from 'chai';

import { verifyLoaded } from '../../src/daemon/verify-images.ts';

function daemon(tags: Record<string, string>, byName: Record<string, string> = tags) {
  const calls = { list: 0 };
  const images = Object.entries(tags).map(([tag, id]) => ({
    id,
    repoTags: [tag],
    repoDigests: [],
    parentId: '',
  }));
  return {
    calls,
    listImages: () => {
      calls.list += 1;
      return Promise.resolve(images);
    },
    inspectImage: (name: string) => {
      const id = byName[name];
      return Promise.resolve(id === undefined ? undefined : { id, repoTags: [], repoDigests: [] });
    },
  };
}

describe('verify-images', () => {
  it('is content when every name stands for its image, and asks for the list once', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`app:${String(i)}`, `id${String(i)}`]),
    );
    const engine = daemon(tags);
    const expectations = Object.entries(tags).map(([reference, imageId]) => ({
      reference,
      imageId,
    }));
    expect(await verifyLoaded(engine, expectations)).to.deep.equal([]);
    expect(engine.calls.list).to.equal(1);
  });

  const app = { reference: 'app:1', imageId: 'new' };
  const table: [string, ReturnType<typeof daemon>, object][] = [
    [
      'an image that was not loaded',
      daemon({ 'app:1': 'old' }),
      { problem: 'not-loaded', found: 'old' },
    ],
    ['an image and name that are gone', daemon({}), { problem: 'not-loaded' }],
    ['a lost name', daemon({ 'x:1': 'new' }), { problem: 'tag-missing' }],
    [
      'a name on another image',
      daemon({ 'x:1': 'new', 'app:1': 'old' }),
      { problem: 'tag-elsewhere', found: 'old' },
    ],
    [
      'a list that the inspect by name contradicts',
      daemon({ 'app:1': 'new' }, { 'app:1': 'old' }),
      { problem: 'name-differs', found: 'old' },
    ],
  ];
  for (const [what, engine, mismatch] of table) {
    it(`reports ${what}`, async () => {
      expect(await verifyLoaded(engine, [app])).to.deep.equal([{ ...app, ...mismatch }]);
    });
  }
});
