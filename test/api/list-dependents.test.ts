import { expect } from 'chai';

import { listDependents } from '../../src/api/list-dependents.ts';
import { descendantsOf } from '../../src/domain/dependents.ts';
import { dependentsDocument } from '../../src/render/dependents-json.ts';
import { renderDependents } from '../../src/render/dependents-text.ts';
import { rejection } from '../daemon/rejection.ts';
import { asPublished } from '../support/output-schema.ts';
import { buildStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { fastDir, openStopped, stateOf } from './stopped-store.ts';

const FAMILY: StoreSpec = {
  images: [
    { name: 'base', tags: ['base:1'], layers: [{ files: { os: '12345' } }] },
    {
      name: 'app',
      from: 'base',
      tags: ['app:1', 'app:latest'],
      layers: [{ files: { app: '1234567' } }],
    },
    { name: 'child', from: 'app', tags: ['child:1'], layers: [{ files: { child: '1' } }] },
    { name: 'untagged', from: 'base', layers: [{ files: { u: 'u' } }] },
    { name: 'used', from: 'base', layers: [{ files: { v: 'v' } }] },
    { name: 'foreign', tags: ['foreign:1'], layers: [{ files: { f: 'f' } }] },
  ],
  containers: [
    { name: 'web', image: 'child' },
    { name: 'job', image: 'used' },
  ],
};

describe('api/list-dependents', () => {
  afterEach(removeTempDirs);

  async function build(): Promise<string> {
    const root = fastDir();
    await buildStore(root, FAMILY);
    return root;
  }

  async function report(untagged = false, base = 'base:1') {
    const root = await build();
    return listDependents(await openStopped(root), { base, untagged });
  }

  it('gives the tree with own layers, their sizes, and containers', async () => {
    const { base, untaggedLeftOut } = await report();
    expect(base).to.deep.include({ name: 'base:1', layers: 1, ownLayers: 1, ownBytes: 5 });
    const app = base.children.find(({ name }) => name === 'app:1');
    expect(app).to.deep.include({ tags: ['app:1', 'app:latest'], ownLayers: 1, ownBytes: 7 });
    expect(app?.children.map(({ name }) => name)).to.deep.equal(['child:1']);
    expect(app?.children[0]?.containers.map(({ name }) => name)).to.deep.equal(['web']);
    expect(untaggedLeftOut).to.equal(1);
  });

  it('shows an image without a name when a container uses it, and the others on request', async () => {
    expect(descendantsOf((await report()).base)).to.have.length(3);
    const all = await report(true);
    expect(descendantsOf(all.base)).to.have.length(4);
    expect(all.untaggedLeftOut).to.equal(0);
  });

  it('writes nothing', async () => {
    const root = await build();
    const before = stateOf(root, { mtimes: true });
    listDependents(await openStopped(root), { base: 'base:1', untagged: true });
    expect(stateOf(root, { mtimes: true })).to.deep.equal(before);
  });

  it('throws for a base that is not there', async () => {
    await rejection('IMAGE_NOT_FOUND', () => report(false, 'nothing:1'));
  });

  it('is shown as a tree with a summary and the next command', async () => {
    const text = renderDependents(await report(), { color: false });
    expect(text).to.match(
      /^IMAGE +IMAGE ID +LAYERS +SIZE +CONTAINERS\nbase:1 +[0-9a-f]{12} +1 +5 B\n/,
    );
    expect(text).to.match(/\n├─ app:1 \(app:latest\) +[0-9a-f]{12} +\+1 +7 B\n/);
    expect(text).to.match(/\n│ {2}└─ child:1 +[0-9a-f]{12} +\+1 +1 B +stopped: web\n/);
    expect(text).to.contain('3 images on base:1, 2 containers of theirs (0 running)\n');
    expect(text).to.contain('1 image without a name left out: --untagged\n');
    expect(text).to.contain('rebase-image --all --from base:1 --onto NEW-BASE\n');
  });

  it('says that there is none', async () => {
    const text = renderDependents(await report(false, 'foreign:1'), { color: false });
    expect(text).to.equal('No image here stands on foreign:1.\n');
  });

  it('is a JSON document of the same tree', async () => {
    const document = asPublished(dependentsDocument(await report())) as {
      base: { children: { name: string; children: { containers: unknown[] }[] }[] };
    };
    const app = document.base.children.find(({ name }) => name === 'app:1');
    expect(app?.children[0]?.containers[0]).to.deep.include({ name: 'web', running: false });
  });
});
