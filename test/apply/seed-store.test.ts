/** The store of the seed document 002, by its own digests. */
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { problemsIn, rebase, stateOf, taggedId, undo } from '../api/stopped-store.ts';
import { sha256Hex } from '../support/store-builder.ts';
import { diffTrees } from '../support/tree-state.ts';

const ALPINE_37 = '3fc64803ca2de7279269048fe2b8b3c73d4536448c87c32375b2639ac168a48b';
const ALPINE_312 = '50644c29ef5a27c9a40c393a73ece2479de78325cae7d762ef3cdc19bf42dd0a';
const CURL = '40926ceed598e907a8c5875ff6306da6f562af7b84a49ab935d94f548b1cdfa2';
const MY_ALPINE = '8882f824eaa539f97b120b629e78452615a05c59152a64281d9af6d4d6128448';
const REBASED = 'e29d21e1ce1026c50813caeb2c801ba9ad354386b79df749963778b95dd3c341';

describe("the seed's my-alpine store", () => {
  let root: string;

  beforeEach(() => {
    root = makeTempDir();
    for (const folder of ['overlay2/l', 'image/overlay2/layerdb/tmp', 'volumes']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    layer({ chain: ALPINE_37, diff: ALPINE_37, files: { 'etc/alpine-release': '3.7.3\n' } });
    layer({ chain: ALPINE_312, diff: ALPINE_312, files: { 'etc/alpine-release': '3.12.0\n' } });
    layer({ chain: MY_ALPINE, diff: CURL, parent: ALPINE_37, files: { 'usr/bin/curl': 'curl' } });
    const ids = [[ALPINE_37], [ALPINE_312], [ALPINE_37, CURL]].map(image);
    file(
      'image/overlay2/repositories.json',
      JSON.stringify({
        Repositories: {
          alpine: { 'alpine:3.12': ids[1], 'alpine:3.7': ids[0] },
          'my-alpine': { 'my-alpine:3.7': ids[2] },
        },
      }),
      0o600,
    );
  });
  afterEach(removeTempDirs);

  it('gets layerdb/sha256/e29d21e1…, whose parent is sha256:50644c29…', async () => {
    const before = stateOf(root);
    await rebase(root, 'my-alpine:3.7', 'alpine:3.12');
    const entry = (name: string): string =>
      readFileSync(join(root, 'image/overlay2/layerdb/sha256', REBASED, name), 'utf8');
    expect(entry('parent')).to.equal(`sha256:${ALPINE_312}`);
    expect(entry('diff')).to.equal(`sha256:${CURL}`);
    expect(entry('size')).to.equal('4');
    const own = join(root, 'overlay2', entry('cache-id'));
    expect(entry('cache-id')).not.to.equal(cacheIdOf(MY_ALPINE));
    expect(readFileSync(join(own, 'diff/usr/bin/curl'), 'utf8')).to.equal('curl');
    expect(readFileSync(join(own, 'lower'), 'utf8')).to.equal(`l/${linkOf(ALPINE_312)}`);
    expect(lstatSync(join(root, 'overlay2', cacheIdOf(ALPINE_312), 'committed')).size).to.equal(0);
    const id = taggedId(root, 'my-alpine:3.7')!;
    const config = readFileSync(
      join(root, 'image/overlay2/imagedb/content/sha256', id.slice(7)),
      'utf8',
    );
    expect(config).to.contain(`"diff_ids":["sha256:${ALPINE_312}","sha256:${CURL}"]`);
    expect(problemsIn(root)).to.deep.equal([]);

    await undo(root);
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  function layer(spec: {
    chain: string;
    diff: string;
    parent?: string;
    files: Record<string, string>;
  }): void {
    const entry = `image/overlay2/layerdb/sha256/${spec.chain}`;
    const own = `overlay2/${cacheIdOf(spec.chain)}`;
    file(`${entry}/diff`, `sha256:${spec.diff}`);
    file(`${entry}/size`, '4');
    file(`${entry}/cache-id`, cacheIdOf(spec.chain));
    if (spec.parent !== undefined) file(`${entry}/parent`, `sha256:${spec.parent}`);
    file(`${own}/link`, linkOf(spec.chain));
    if (spec.parent !== undefined) file(`${own}/lower`, `l/${linkOf(spec.parent)}`);
    for (const [name, text] of Object.entries(spec.files)) file(`${own}/diff/${name}`, text);
    symlinkSync(`../${cacheIdOf(spec.chain)}/diff`, join(root, 'overlay2/l', linkOf(spec.chain)));
  }

  function image(diffIds: readonly string[]): string {
    const text = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: diffIds.map((hex) => `sha256:${hex}`) },
    });
    file(`image/overlay2/imagedb/content/sha256/${sha256Hex(text)}`, text, 0o600);
    return `sha256:${sha256Hex(text)}`;
  }

  function file(name: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text, { mode });
  }
});

function cacheIdOf(chain: string): string {
  return sha256Hex(`cache ${chain}`);
}

function linkOf(chain: string): string {
  return chain
    .toUpperCase()
    .replace(/[018 9]/g, 'Z')
    .slice(0, 26);
}
