/** Whether the result travels like any image: by archive and through a registry, and from there. */
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { diffIds, importBase, run, saveAndHash } from './support/images.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import {
  buildApp,
  imageId,
  importAll,
  NEW_FILES,
  NEW_RELEASE,
  OLD_FILES,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  tagsOnDisk,
  whileStopped,
} from './support/scenario.ts';

const RELEASE = ['cat', '/etc/alpine-release'];

interface Base {
  readonly detected: { readonly name: string; readonly layers: number } | null;
}

describe('a rebased image on other hosts', () => {
  let engine: Engine;
  let second: Engine;
  let registry: Registry;

  before(async () => {
    registry = await startRegistry();
    engine = await startEngine();
    second = await startEngine();
    await importAll(engine);
    await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
  });
  after(async () => {
    await engine.dispose();
    await second.dispose();
    await registry.stop();
  });

  it('goes through save and load into an empty engine', async () => {
    const folder = tempFolder();
    const archive = join(folder, 'image.tar');
    await engine.docker('save', '-o', archive, 'my-alpine:3.7');
    await second.docker('load', '-i', archive);
    sweepFolder(folder);
    expect(await imageId(second, 'my-alpine:3.7')).to.equal(await imageId(engine, 'my-alpine:3.7'));
    expect(await run(second, 'my-alpine:3.7', ...RELEASE)).to.equal(NEW_RELEASE);
    expect(await run(second, 'my-alpine:3.7')).to.equal('hello from the app');
    await second.docker('rmi', 'my-alpine:3.7');
  });

  it('goes through push and pull', async () => {
    const name = `${registry.host}/team/my-alpine:3.7`;
    await engine.docker('tag', 'my-alpine:3.7', name);
    await engine.docker('push', name);
    await second.docker('pull', name);
    expect(await imageId(second, name)).to.equal(await imageId(engine, name));
    expect(await run(second, name, ...RELEASE)).to.equal(NEW_RELEASE);
    expect(await run(second, name)).to.equal('hello from the app');
    await second.docker('rmi', name);
  });

  describe('that were pulled, as were their bases', () => {
    let base: string;
    let app: string;
    let oldBase: string;

    before(async () => {
      base = `${registry.host}/base:1`;
      app = `${registry.host}/app:1`;
      await importBase(engine, base, { ...OLD_FILES, 'etc/from': 'registry\n' });
      await buildApp(engine, app, { from: base, files: { 'app/hello': 'pulled\n' } });
      for (const name of [base, app]) {
        await engine.docker('push', name);
        await second.docker('pull', name);
      }
      oldBase = await imageId(second, base);
      // The same tag gets a new release, and the second host pulls it.
      await importBase(engine, base, { ...NEW_FILES, 'etc/from': 'registry\n' });
      await engine.docker('push', base);
      await second.docker('pull', base);
    });

    it('finds the old base by the digest reference that the pull has left', async () => {
      expect(await imageId(second, base)).to.not.equal(oldBase);
      const digests = '{{json .RepoDigests}}{{json .RepoTags}}';
      expect(await second.docker('image', 'inspect', '--format', digests, oldBase)).to.match(
        /^\["127[^"]*\/base@sha256:[0-9a-f]{64}"\]\[\]$/,
      );
      const { detected } = await rebaseJson<Base>(second, ['base', app]);
      expect(detected).to.include({ layers: 1 });
      expect(detected?.name).to.match(/\/base@sha256:/);
    });

    it('takes a digest reference as new base and, with --tag, as image', async () => {
      const digest = (name: string): Promise<string> =>
        second.docker('image', 'inspect', '--format', '{{index .RepoDigests 0}}', name);
      const image = await digest(app);
      const onto = await digest(base);
      await whileStopped(second, async () => {
        const args = [image, '--onto', onto, '--yes'];
        expect((await rebase(second, args, { status: 64 })).stderr).to.match(/--tag NAME:TAG/);
        await rebase(second, [...args, '--tag', 'by-digest:1']);
      });
      expect(await run(second, 'by-digest:1', ...RELEASE)).to.equal(NEW_RELEASE);
      expect(await run(second, app, ...RELEASE)).to.equal(OLD_RELEASE);
    });

    it('moves the tag and leaves the digest reference on the old image', async () => {
      const oldId = await imageId(second, app);
      const digests = Object.entries(tagsOnDisk(second)).filter(([key]) => key.includes('@'));
      await rebase(second, [app, '--onto', base, '--yes', ...restarting(second)]);
      expect(await imageId(second, app)).to.not.equal(oldId);
      expect(await run(second, app, ...RELEASE)).to.equal(NEW_RELEASE);
      expect(await run(second, app)).to.equal('pulled');
      expect(Object.entries(tagsOnDisk(second)).filter(([key]) => key.includes('@'))).to.deep.equal(
        digests,
      );
      const saved = await saveAndHash(second, app);
      expect(saved.map((layer) => layer.saved)).to.deep.equal(await diffIds(second, app));
    });

    it('pushes the result under the same tag', async () => {
      await second.docker('push', app);
      await engine.docker('pull', app);
      expect(await imageId(engine, app)).to.equal(await imageId(second, app));
      expect(await run(engine, app, ...RELEASE)).to.equal(NEW_RELEASE);
    });
  });
});
