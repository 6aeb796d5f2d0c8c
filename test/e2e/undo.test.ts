/** The way back: exact on disk, through the API where dockerd runs, refused where it would hurt. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, run } from './support/images.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import {
  buildApp,
  expectError,
  imageId,
  importBases,
  listed,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  storeState,
  tagsOnDisk,
  whileStopped,
} from './support/scenario.ts';

interface Document {
  readonly images: readonly { readonly after: { readonly imageId: string } }[];
  readonly store: {
    readonly layers: readonly { readonly chainId: string; readonly cacheId: string }[];
  };
}

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];

describe('undo', () => {
  let engine: Engine;
  let registry: Registry;
  let oldId: string;
  let newId: string;
  let planned: Document;

  before(async () => {
    registry = await startRegistry();
    engine = await startEngine();
    await importBases(engine);
    // Small and large files, so that both copies and hard links are taken back.
    oldId = await buildImage(
      engine,
      TAG,
      `FROM alpine:3.7
RUN mkdir /d && dd if=/dev/urandom of=/d/large bs=1k count=200 2>/dev/null && ln /d/large /d/again
RUN rm /etc/both && rm -rf /srv/data && mkdir /srv/data && echo app >/srv/data/app
CMD ["ls", "/srv/data"]
`,
    );
    planned = await rebaseJson<Document>(engine, [...REBASE, '--dry-run']);
    newId = planned.images[0]?.after.imageId ?? '';
  });
  after(async () => {
    await engine.dispose();
    await registry.stop();
  });

  it('gives a stopped engine its data-root back exactly', async () => {
    await whileStopped(engine, async () => {
      const before = storeState(engine);
      for (const clone of ['auto', 'link', 'copy']) {
        await rebase(engine, [...REBASE, '--yes', '--clone', clone]);
        expect(diffTrees(before, storeState(engine))).to.not.deep.equal([]);
        const { stdout } = await rebase(engine, ['undo', '--yes']);
        expect(stdout).to.match(/Transaction \d+ is undone/);
        expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      }
      expectError(await rebase(engine, ['undo', '--yes'], { status: 1 }), 1, /no transaction/);
      expectError(await rebase(engine, ['undo', '1', '--yes'], { status: 1 }), 1, /undone already/);
      expectError(await rebase(engine, ['undo', '99'], { status: 1 }), 1, /does not exist/);
      for (const word of ['one', '0x1', '1e0', '01']) {
        const result = await rebase(engine, ['undo', word], { status: 64 });
        expectError(result, 64, /no transaction number/);
      }
    });
    expect(await listed(engine, TAG)).to.equal(oldId);
    expect(await run(engine, TAG)).to.equal('app');
  });

  it('gives two transactions back, in their order, and no other way', async () => {
    await buildApp(engine, 'second:1', { from: TAG });
    await whileStopped(engine, async () => {
      const before = storeState(engine);
      await rebase(engine, [...REBASE, '--yes']);
      // It stands on the same layers, which the first has made.
      await rebase(engine, ['second:1', '--onto', 'alpine:3.12', '--from', 'alpine:3.7', '--yes']);
      await rebase(engine, ['undo', '--yes']);
      await rebase(engine, ['undo', '--yes']);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    });
    await engine.docker('rmi', 'second:1');
  });

  describe('with dockerd running', () => {
    beforeEach(async () => {
      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      expect(await listed(engine, TAG)).to.equal(newId);
    });
    afterEach('and the result is gone', async () => {
      expect(await listed(engine, TAG)).to.equal(oldId);
      expectGone();
    });

    it('takes it back through the API, without a restart', async () => {
      const pid = engine.pid;
      const dry = (await rebase(engine, ['undo', '--dry-run'])).stdout;
      expect(dry).to.contain(`${newId.slice(7, 19)} -> ${oldId.slice(7, 19)}`);
      expect(await listed(engine, TAG)).to.equal(newId);

      await rebase(engine, ['undo', '--yes']);
      expect(engine.pid).to.equal(pid);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
      const ids = await engine.docker('images', '-aq', '--no-trunc');
      expect(ids.split('\n')).to.not.include(newId);
      // dockerd has forgotten nothing that it needs: the base takes new children.
      await engine.restart();
      expect(await run(engine, 'alpine:3.12', ...RELEASE)).to.equal(NEW_RELEASE);
      expect(await run(engine, TAG)).to.equal('app');
    });

    it('is refused while a container of the result is there', async () => {
      await engine.docker('create', '--name', 'dependant', '--network', 'none', TAG, 'true');
      await expectRefused(/dependant/);
      await engine.docker('rm', 'dependant');
      await rebase(engine, ['undo', '--yes']);
    });

    it('is refused while another tag names the result', async () => {
      await engine.docker('tag', TAG, 'borrowed:1');
      await expectRefused(/borrowed:1/);
      await engine.docker('rmi', 'borrowed:1');
      await rebase(engine, ['undo', '--yes']);
    });

    for (const buildkit of [false, true]) {
      const builder = buildkit ? 'BuildKit' : 'the classic builder';
      it(`is refused while an image that ${builder} built on the result is there`, async () => {
        await buildImage(engine, 'child:1', `FROM ${TAG}\nRUN echo child >/child\n`, { buildkit });
        await expectRefused(/child:1/);
        await engine.docker('rmi', 'child:1');
        await engine.docker('builder', 'prune', '-af');
        await rebase(engine, ['undo', '--yes']);
      });
    }

    it('removes the digest reference of a push too', async () => {
      const name = `${registry.host}/my-alpine:pushed`;
      await engine.docker('tag', TAG, name);
      await engine.docker('push', name);
      await engine.docker('rmi', name);
      await rebase(engine, ['undo', '--yes']);
      expect(Object.values(tagsOnDisk(engine))).to.not.include(newId);
    });

    it('moves a result of its own name back, pushed or not', async () => {
      const name = `${registry.host}/own:1`;
      const own = await buildApp(engine, name, { files: { 'app/a': 'own' } });
      await rebase(engine, [name, '--onto', 'alpine:3.12', '--yes', ...restarting(engine)]);
      await engine.docker('push', name);
      await rebase(engine, ['undo', '--yes']);
      expect(await imageId(engine, name)).to.equal(own);
      expect(await run(engine, name, ...RELEASE)).to.equal(OLD_RELEASE);
      await engine.docker('rmi', name);
      await rebase(engine, ['undo', '--yes']);
    });
  });

  it('removes from the disk what a running dockerd has not loaded', async () => {
    const before = storeState(engine);
    await rebase(engine, [...REBASE, '--yes', '--no-restart']);
    await rebase(engine, ['undo', '--yes']);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    expect(await listed(engine, TAG)).to.equal(oldId);
  });

  describe('after a prune', () => {
    it('is refused, since the old image is gone', async () => {
      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      await engine.docker('image', 'prune', '-f');
      expect((await engine.dockerTry('image', 'inspect', oldId)).status).to.equal(1);
      await expectRefused(new RegExp(oldId.slice(7, 19)));
      await engine.stop();
      await expectRefused(new RegExp(oldId.slice(7, 19)));
      await engine.start();
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    });
  });

  async function expectRefused(name: RegExp): Promise<void> {
    const before = storeState(engine);
    const dry = await rebase(engine, ['undo', '--dry-run'], { status: 3 });
    expect(dry.stdout).to.match(/refused: /);
    expectError(await rebase(engine, ['undo', '--yes'], { status: 3 }), 3, name);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
  }

  function expectGone(): void {
    const image = join(engine.dataRoot, 'image/overlay2');
    expect(existsSync(join(image, 'imagedb/content/sha256', newId.slice(7)))).to.equal(false);
    for (const { chainId, cacheId } of planned.store.layers) {
      expect(existsSync(join(image, 'layerdb/sha256', chainId.slice(7)))).to.equal(false);
      expect(existsSync(join(engine.dataRoot, 'overlay2', cacheId))).to.equal(false);
    }
  }
});
