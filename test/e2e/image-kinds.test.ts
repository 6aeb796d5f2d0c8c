/** Images from everywhere that Docker takes them from, moved in one transaction, and taken back. */
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { rebaseImage } from './support/cli.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, diffIds, run, saveAndHash } from './support/images.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import {
  buildApp,
  imageId,
  importBases,
  NEW_RELEASE,
  OLD_RELEASE,
  rebase,
  restarting,
} from './support/scenario.ts';

const RELEASE = ['cat', '/etc/alpine-release'];
/** What `docker compose build` gives its images besides their tags. */
const COMPOSE = ['com.docker.compose.project=shop', 'com.docker.compose.service=web'];

describe('an image', () => {
  let engine: Engine;
  let registry: Registry;
  let pulled: string;
  let digest: string;
  const oldIds = new Map<string, string>();

  before(async () => {
    registry = await startRegistry();
    engine = await startEngine();
    await importBases(engine);
    pulled = `${registry.host}/team/pulled:1`;
    await app('classic:1');
    await app('buildkit:1', true);
    await composed();
    await loaded();
    digest = await pushedAndPulled();
    await committed();
    await imported();
    for (const name of names()) oldIds.set(name, await imageId(engine, name));

    const manifest = JSON.stringify({
      version: 1,
      defaults: { onto: 'alpine:3.12', from: 'alpine:3.7' },
      rebases: names().map((image) =>
        image === 'imported:1' ? { image, from: 'scratch' } : { image },
      ),
    });
    const args = ['batch', '-', '--yes', ...restarting(engine)];
    const { status, stderr } = await rebaseImage(args, { engine, input: manifest });
    expect(status, stderr).to.equal(0);
  });
  after(async () => {
    await engine.dispose();
    await registry.stop();
  });

  for (const [how, name] of [
    ['of the classic builder', () => 'classic:1'],
    ['of BuildKit', () => 'buildkit:1'],
    ['of docker compose, with several tags', () => 'shop-web:latest'],
    ['that was loaded', () => 'loaded:1'],
    ['that was pulled', () => pulled],
    ['that was committed', () => 'committed:1'],
  ] as const) {
    it(`${how} runs on the new base and saves`, async () => {
      const newId = await imageId(engine, name());
      expect(newId).to.not.equal(oldIds.get(name()));
      expect(await run(engine, name(), ...RELEASE, '/app/name')).to.match(
        new RegExp(`^${NEW_RELEASE}\n`),
      );
      expect(await run(engine, name(), 'cat', '/app/name')).to.equal(
        await run(engine, oldIds.get(name()) ?? '', 'cat', '/app/name'),
      );
      const [oldBase, ...app_] = await diffIds(engine, oldIds.get(name()) ?? '');
      expect(oldBase).to.equal((await diffIds(engine, 'alpine:3.7'))[0]);
      const expected = [...(await diffIds(engine, 'alpine:3.12')), ...app_];
      expect(await diffIds(engine, name())).to.deep.equal(expected);
      const saved = await saveAndHash(engine, name());
      expect(saved.map((layer) => layer.saved)).to.deep.equal(expected);
      expect(await engine.docker('history', '-q', name())).to.match(/^[0-9a-f]{12}(\n|$)/);
    });
  }

  it('that was imported, and has no base, gets one below it', async () => {
    expect(await diffIds(engine, 'imported:1')).to.deep.equal([
      ...(await diffIds(engine, 'alpine:3.12')),
      ...(await diffIds(engine, oldIds.get('imported:1') ?? '')),
    ]);
    // Its one layer has all the files of its old base.
    expect(await run(engine, 'imported:1', ...RELEASE, '/app/name', '/etc/only-in-3.12')).to.equal(
      `${OLD_RELEASE}\nimported:1\nnew`,
    );
  });

  it('with several tags keeps those that were not named', async () => {
    expect(await imageId(engine, 'shop-web:latest')).to.equal(await imageId(engine, 'shop_web:1'));
    expect(await imageId(engine, 'shop_web:kept')).to.equal(oldIds.get('shop_web:1'));
    const format = '{{index .Config.Labels "com.docker.compose.service"}}';
    expect(await engine.docker('image', 'inspect', '--format', format, 'shop_web:1')).to.equal(
      'web',
    );
  });

  it('that was pulled keeps its digest where it was, and can be pushed and pulled anew', async () => {
    const old = oldIds.get(pulled) ?? '';
    expect(await imageId(engine, digest)).to.equal(old);
    const newId = await imageId(engine, pulled);
    await engine.docker('push', pulled);
    await engine.docker('rmi', pulled);
    await engine.docker('pull', pulled);
    expect(await imageId(engine, pulled)).to.equal(newId);
    expect(await run(engine, pulled, ...RELEASE)).to.equal(NEW_RELEASE);
  });

  it('of each kind is taken back by one undo', async () => {
    await rebase(engine, ['undo', '--yes']);
    for (const [name, id] of oldIds) {
      expect(await imageId(engine, name), name).to.equal(id);
      expect(await run(engine, name, ...RELEASE), name).to.equal(OLD_RELEASE);
    }
    await engine.stop();
    await rebase(engine, ['doctor', '--deep']);
  });

  /** Those that the manifest moves. */
  function names(): string[] {
    return [
      ...['classic:1', 'buildkit:1', 'shop_web:1', 'shop-web:latest', 'loaded:1'],
      ...[pulled, 'committed:1', 'imported:1'],
    ];
  }

  function app(name: string, buildkit = false): Promise<string> {
    return buildApp(engine, name, { files: { 'app/name': name }, buildkit });
  }

  async function composed(): Promise<void> {
    const tags = ['shop-web:latest', 'shop_web:kept'].flatMap((tag) => ['-t', tag]);
    const labels = COMPOSE.flatMap((label) => ['--label', label]);
    await buildImage(engine, 'shop_web:1', 'FROM alpine:3.7\nCOPY app /app\n', {
      files: { 'app/name': 'composed' },
      buildkit: true,
      args: [...tags, ...labels],
    });
  }

  async function loaded(): Promise<void> {
    const folder = tempFolder();
    const archive = join(folder, 'image.tar');
    await app('loaded:1');
    await engine.docker('save', '-o', archive, 'loaded:1');
    await engine.docker('rmi', 'loaded:1');
    await engine.docker('load', '-i', archive);
    sweepFolder(folder);
  }

  /** @returns its name with the digest */
  async function pushedAndPulled(): Promise<string> {
    await app(pulled);
    await engine.docker('push', pulled);
    await engine.docker('rmi', pulled);
    await engine.docker('pull', pulled);
    return engine.docker('image', 'inspect', '--format', '{{index .RepoDigests 0}}', pulled);
  }

  async function committed(): Promise<void> {
    const write = ['sh', '-c', 'mkdir /app && echo committed:1 >/app/name'];
    const id = await engine.docker('create', '--network', 'none', 'alpine:3.7', ...write);
    await engine.docker('start', '--attach', id);
    await engine.docker('commit', id, 'committed:1');
    await engine.docker('rm', id);
  }

  /** From a tar of a container's files: `docker export` leaves a mount behind in dockerd 26.1. */
  async function imported(): Promise<void> {
    const folder = tempFolder();
    const pack = 'mkdir /app && echo imported:1 >/app/name && tar -cf /out/rootfs.tar app bin etc';
    await engine.docker(
      ...['run', '--rm', '--network', 'none', '-v', `${folder}:/out`, 'alpine:3.7'],
      ...['sh', '-c', pack],
    );
    await engine.docker('import', join(folder, 'rootfs.tar'), 'imported:1');
    sweepFolder(folder);
  }
});
