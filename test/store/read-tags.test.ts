import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { expect } from 'chai';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { parseTags, readTags } from '../../src/store/read-tags.ts';
import { rejection } from '../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

describe('store/read-tags', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    mkdirSync(dirname(layout.repositories), { recursive: true });
  });
  afterEach(removeTempDirs);

  it('reads tags by key and by image, digests too', () => {
    const tags = parseTags(
      JSON.stringify({
        Repositories: {
          'reg.local:5000/x/app': { 'reg.local:5000/x/app:2': A },
          alpine: { 'alpine:3.7': A, [`alpine@${B}`]: A, 'alpine:3.12': B },
        },
      }),
      'repositories.json',
    );
    expect(tags.byKey.get('alpine:3.7')).to.deep.equal({
      repository: 'alpine',
      key: 'alpine:3.7',
      imageId: A,
    });
    expect([...tags.byImage].map(([id, keys]) => [id, keys])).to.deep.equal([
      [A, ['alpine:3.7', `alpine@${B}`, 'reg.local:5000/x/app:2']],
      [B, ['alpine:3.12']],
    ]);
  });

  it('takes a missing file for an empty one, as dockerd does', () => {
    expect(readTags(layout).byKey.size).to.equal(0);
  });

  for (const text of ['{}', '{"Repositories":{}}', '{"Repositories":null}', ' {"Other":[1]} \n']) {
    it(`finds no tags in ${JSON.stringify(text)}`, () => {
      writeFileSync(layout.repositories, text);
      expect(readTags(layout).byKey.size).to.equal(0);
    });
  }

  const damaged: [string, string | Buffer][] = [
    ['an empty file', ''],
    ['white space', ' \n'],
    ['a file that was cut', '{"Repositories":{"alpine":{"alpine:3.7":"sha2'],
    ['a file of zero bytes, as after a power loss', '\0'.repeat(64)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '7'],
    ['a list of repositories', '{"Repositories":[]}'],
    ['a text for repositories', '{"Repositories":"alpine"}'],
    ['a repository that is a list', '{"Repositories":{"alpine":[]}}'],
    ['a repository that is null', '{"Repositories":{"alpine":null}}'],
    ['bytes that are no UTF-8', Buffer.from('{"Repositories":{"\xff":{}}}', 'latin1')],
  ];
  for (const [what, bytes] of damaged) {
    it(`calls ${what} damage, and names the file`, async () => {
      writeFileSync(layout.repositories, bytes);
      const error = await rejection('STORE_DAMAGED', () => readTags(layout));
      expect(error.message).to.contain(layout.repositories);
      expect(error.hint).to.contain('backup');
    });
  }

  it('calls a folder in its place damage', async () => {
    mkdirSync(layout.repositories);
    const error = await rejection('STORE_DAMAGED', () => readTags(layout));
    expect(error.message).to.contain(layout.repositories);
  });

  it('passes over values that are no image IDs', () => {
    const keys = { 'a:1': 5, 'a:2': null, 'a:3': 'sha256:abc', 'a:4': A.toUpperCase(), 'a:5': A };
    const tags = parseTags(JSON.stringify({ Repositories: { a: keys } }), 'file');
    expect([...tags.byKey.keys()]).to.deep.equal(['a:5']);
  });

  it('reads __proto__ and constructor like any other name', () => {
    const text = `{"Repositories":{"__proto__":{"__proto__":"${A}"},"constructor":{"constructor:1":"${B}"}}}`;
    const { byKey } = parseTags(text, 'file');
    expect(byKey.get('__proto__')?.imageId).to.equal(A);
    expect(byKey.get('constructor:1')?.repository).to.equal('constructor');
    expect(Object.hasOwn(Object.prototype, 'a')).to.equal(false);
  });
});
