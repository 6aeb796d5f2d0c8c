import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { openStore, type OpenStore } from '../../src/api/open-store.ts';
import { showStatus } from '../../src/api/show-status.ts';
import { tagsInForce } from '../../src/api/tags-in-force.ts';
import { readTransactions } from '../../src/apply/journal.ts';
import { connectEngine } from '../../src/daemon/engine-api.ts';
import { fakeEngine, type FakeEngine } from '../daemon/fake-engine.ts';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { fastDir, rebase, SMALL } from './stopped-store.ts';

describe('api/tags-in-force: app:1 after a rebase', () => {
  let store: BuiltStore;
  let old: string;
  let result: string;
  let daemon: FakeEngine | undefined;

  beforeEach(async () => {
    store = await buildStore(fastDir(), SMALL);
    old = store.image('app').imageId;
    const outcome = await rebase(store.root, 'app:1', 'base:2');
    result = outcome.images[0]!.after;
  });
  afterEach(async () => {
    await daemon?.close();
    daemon = undefined;
    removeTempDirs();
  });

  it('is loaded without a daemon: the next one reads it', async () => {
    expect(await statesOf(await stopped())).to.deep.equal(['loaded']);
  });

  it('is loaded when the daemon names the result', async () => {
    expect(await statesOf(await beside(result))).to.deep.equal(['loaded']);
  });

  it('is pending while the daemon still names the old image', async () => {
    const opened = await beside(old);
    expect(await statesOf(opened)).to.deep.equal(['pending']);
    const status = await showStatus(opened);
    expect(status.pendingRestart.map(({ tag }) => tag)).to.deep.equal(['app:1']);
    expect([status.overwritten, status.broken, status.movedAway]).to.deep.equal([[], [], []]);
  });

  it('is overwritten when the file names the old image again', async () => {
    inFile(old);
    const opened = await beside(old);
    expect(await statesOf(opened)).to.deep.equal(['overwritten']);
    const status = await showStatus(opened);
    expect(status.overwritten.map(({ tag }) => tag)).to.deep.equal(['app:1']);
    expect([status.pendingRestart, status.broken, status.movedAway]).to.deep.equal([[], [], []]);
  });

  it('is moved when the file names a third image, whatever the daemon names', async () => {
    const third = store.image('sibling').imageId;
    inFile(third);
    for (const named of [old, third, result]) {
      const opened = await beside(named);
      expect(await statesOf(opened)).to.deep.equal(['moved']);
      expect((await showStatus(opened)).movedAway).to.deep.equal([
        { tag: 'app:1', expected: result, now: third },
      ]);
    }
  });

  it('is moved, not overwritten, when it is back and the result is gone', async () => {
    inFile(old);
    rmSync(join(store.paths.content, result.slice(7)));
    expect(await statesOf(await beside(old))).to.deep.equal(['moved']);
  });

  it('is broken when it is back and the new base was removed from below the result', async () => {
    // As after `docker rmi` of the new base: dockerd also writes the tags that it knows.
    inFile(old);
    rmSync(store.layerdbOf('new', 0), { recursive: true });
    for (const opened of [await beside(old), await stopped()]) {
      expect(await statesOf(opened)).to.deep.equal(['broken']);
      const status = await showStatus(opened);
      expect(status.broken.map(({ tag }) => tag)).to.deep.equal(['app:1']);
    }
  });

  it('is told by a later rebase when it is back: a start loads its result without it', async () => {
    inFile(old);
    const { notes } = await rebase(store.root, 'sibling:1', 'base:2');
    expect(notes.filter((note) => note.startsWith('app:1 is back'))).to.have.length(1);
    expect(notes.join()).to.include(result.slice(7, 19)).and.include('rebase-image resume');
    expect(await statesOf(await stopped())).to.deep.equal(['overwritten', 'loaded']);
  });

  it('is not told when it is where the rebase has left it', async () => {
    const { notes } = await rebase(store.root, 'sibling:1', 'base:2');
    expect(notes).to.deep.equal([]);
  });

  it('is broken, not pending, when the result is gone before the daemon has read it', async () => {
    rmSync(join(store.paths.content, result.slice(7)));
    expect(await statesOf(await beside(old))).to.deep.equal(['broken']);
  });

  async function statesOf(opened: OpenStore): Promise<string[]> {
    const tags = await tagsInForce(opened, readTransactions(opened.layout));
    return tags.map(({ state }) => state);
  }

  function stopped(): Promise<OpenStore> {
    return openStore({ dataRoot: store.root, env: {} });
  }

  /** The store with a daemon beside it that has this image under app:1. */
  async function beside(imageId: string): Promise<OpenStore> {
    await daemon?.close();
    const socketPath = join(makeTempDir(), 'docker.sock');
    const image = { Id: imageId, RepoTags: ['app:1'], RepoDigests: [], ParentId: '' };
    daemon = await fakeEngine(socketPath, { 'GET /images/json?all=1': { body: [image] } });
    return { ...(await stopped()), engine: connectEngine(socketPath) };
  }

  function inFile(imageId: string): void {
    const file = join(store.paths.image, 'repositories.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(`"app:1":"${result}"`, `"app:1":"${imageId}"`));
  }
});
