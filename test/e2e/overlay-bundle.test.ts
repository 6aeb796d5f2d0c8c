/** Two hosts: a bundle is packed on one and carried to the other, over three versions of a base. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, importBase, saveAndHash } from './support/images.ts';
import { buildOverlayBases, V1, V2, V3, viewOf } from './support/overlay-bases.ts';
import { expectError, rebase, rebaseJson, storeState } from './support/scenario.ts';

const ARM = 'base:arm';
const ARM_NEXT = 'base:arm-next';

interface Status {
  readonly layers: readonly {
    readonly base: { readonly name: string };
    readonly shows: { readonly version: string | null };
    readonly versions: readonly { readonly version: string }[];
  }[];
}

describe('overlay bundles', () => {
  /** Where bundles are packed. */
  let work: Engine;
  /** Where they are applied; it never has the second and the third base. */
  let host: Engine;
  let folder: string;
  const views: Record<string, string> = {};

  before(async () => {
    folder = tempFolder();
    work = await startEngine();
    await buildOverlayBases(work);
    await buildImage(work, 'app:1', `FROM ${V1}\nCOPY own /app/own\n`, { files: { own: 'own\n' } });
    for (const image of [V1, V2, V3]) views[image] = await viewOf(work, image);
    for (const [old, next] of [
      [V1, V2],
      [V2, V3],
      [V1, V3],
      [V3, V1],
    ] as const) {
      await rebase(work, ['overlay', 'pack', old, next, '-o', bundle(old, next)]);
    }
    host = await startEngine();
    await carry(V1, 'app:1');
  });
  after(async () => {
    await work.dispose();
    await host.dispose();
    sweepFolder(folder);
  });

  it('goes from version to version, also when the tag of the base is gone', async () => {
    await rebase(host, ['overlay', 'apply', bundle(V1, V2), '--yes']);
    expect(await viewOf(host, 'app:1')).to.equal(views[V2]);
    await host.docker('rmi', V1);

    await rebase(host, ['overlay', 'apply', bundle(V2, V3), '--yes']);
    expect(await viewOf(host, 'app:1')).to.equal(views[V3]);
    expect(await shown()).to.deep.equal([[V1, '20220726', '20220628,20220726']]);
    // From the first one, it is the same version.
    const again = await rebase(host, ['overlay', 'apply', bundle(V1, V3), '--yes', '--base', V1]);
    expect(again.stdout).to.match(/nothing to do/);

    const saved = await saveAndHash(host, 'app:1');
    expect(saved.every(({ diffId, saved: hash }) => diffId === hash)).to.equal(true);
    await rebase(host, ['overlay', 'restore', '20220628', '--yes']);
    expect(await viewOf(host, 'app:1')).to.equal(views[V2]);
    await rebase(host, ['overlay', 'restore', '--yes']);
    expect(await viewOf(host, 'app:1')).to.equal(views[V1]);
    await rebase(host, ['overlay', 'drop', '20220628', '--yes']);
    await rebase(host, ['overlay', 'drop', '20220726', '--yes', '--base', V1]);
    expect(await shown()).to.deep.equal([]);
  });

  it('works on stopped hosts', async () => {
    const pack = ['overlay', 'pack', V1, V3, '-q', '-o', join(folder, 'again.tar.gz')];
    const running = await rebase(work, pack);
    await work.stop();
    expect((await rebase(work, pack)).stdout).to.equal(running.stdout);
    await work.start();
    await host.stop();
    await rebase(host, ['overlay', 'apply', bundle(V1, V3), '--yes']);
    await host.start();
    expect(await viewOf(host, 'app:1')).to.equal(views[V3]);
    await rebase(host, ['undo', '--yes']);
    expect(await viewOf(host, 'app:1')).to.equal(views[V1]);
  });

  describe('refuses, and changes nothing,', () => {
    before(async () => {
      await importBase(host, 'foreign:1', { 'etc/foreign': 'foreign\n' });
      const whole = readFileSync(bundle(V1, V2));
      writeFileSync(join(folder, 'cut.tar.gz'), whole);
      truncateSync(join(folder, 'cut.tar.gz'), whole.length - 20);
      writeFileSync(join(folder, 'text.tar.gz'), 'no archive\n');
      execFileSync('tar', ['-C', folder, '-czf', join(folder, 'other.tar.gz'), 'text.tar.gz']);
      // The same layers as those of the host's base, in images that say that they are for arm64.
      for (const [image, like] of [
        [ARM, V1],
        [ARM_NEXT, V2],
      ] as const) {
        await relabel(work, like, image);
      }
      await rebase(work, ['overlay', 'pack', ARM, ARM_NEXT, '-o', join(folder, 'arm.tar.gz')]);
    });

    const cases: readonly [string, number, RegExp, readonly string[]][] = [
      ['a truncated bundle', 64, /cut\.tar\.gz/, ['cut.tar.gz']],
      ['what is no archive', 64, /text\.tar\.gz/, ['text.tar.gz']],
      ['a foreign archive', 64, /other\.tar\.gz/, ['other.tar.gz']],
      ['a file that is not there', 64, /none\.tar\.gz/, ['none.tar.gz']],
      ['a bundle for a base that is not here', 1, /no base on this host is base:20220726/, ['31']],
      ['a bundle for another base', 64, /is for base:20220621/, ['12', '--base', 'foreign:1']],
      ['a base that is not here', 1, /no base on this host/, ['12', '--base', 'nobody:1']],
      ['another architecture', 64, /arm64/, ['arm.tar.gz']],
      ['a version that is not there', 1, /has a version none/, ['restore']],
    ];
    for (const [what, status, message, [file = '', ...more]] of cases) {
      it(what, async () => {
        const before = storeState(host);
        const known: Record<string, string> = { 12: bundle(V1, V2), 31: bundle(V3, V1) };
        const words =
          file === 'restore'
            ? ['restore', 'none']
            : ['apply', known[file] ?? join(folder, file), ...more];
        const result = await rebase(host, ['overlay', ...words, '--yes'], { status });
        expectError(result, status, message);
        expect(diffTrees(before, storeState(host))).to.deep.equal([]);
      });
    }
  });

  it('refuses a host without room, and changes nothing', async () => {
    const room = join(folder, 'room');
    mkdirSync(room);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'rebase-image-test', room]);
    const small = await startEngine({ root: room });
    try {
      await importBase(work, 'large:1', { large: { content: Buffer.alloc(60 * 2 ** 20) } });
      await importBase(work, 'small:1', {});
      const file = join(folder, 'large.tar.gz');
      await rebase(work, ['overlay', 'pack', 'small:1', 'large:1', '-o', file]);
      const archive = join(folder, 'small.tar');
      await work.docker('save', '-o', archive, 'small:1');
      await small.docker('load', '-i', archive);
      const before = storeState(small);
      const result = await rebase(small, ['overlay', 'apply', file, '--yes'], { status: 1 });
      expectError(result, 1, /no room/);
      expect(diffTrees(before, storeState(small))).to.deep.equal([]);
    } finally {
      await small.dispose();
      execFileSync('umount', [room]);
    }
  });

  function bundle(old: string, next: string): string {
    return join(folder, `${old}-${next}.tar.gz`.replaceAll(':', '-'));
  }

  async function carry(...images: string[]): Promise<void> {
    const archive = join(folder, 'images.tar');
    await work.docker('save', '-o', archive, ...images);
    await host.docker('load', '-i', archive);
  }

  /** Base, version that it shows, versions that it has. */
  async function shown(): Promise<unknown[]> {
    const { layers } = await rebaseJson<Status>(host, ['overlay', 'status']);
    return layers.map(({ base, shows, versions }) => [
      base.name,
      shows.version,
      versions.map(({ version }) => version).join(),
    ]);
  }
});

/** Loads an image again under another name, for another architecture. */
async function relabel(engine: Engine, image: string, name: string): Promise<void> {
  const folder = tempFolder();
  const archive = join(folder, 'image.tar');
  await engine.docker('save', '-o', archive, image);
  execFileSync('tar', ['-C', folder, '-xf', archive]);
  const file = join(folder, 'manifest.json');
  const [manifest] = JSON.parse(readFileSync(file, 'utf8')) as [{ Config: string }];
  const config = join(folder, manifest.Config);
  const text = readFileSync(config, 'utf8');
  expect(text).to.match(/"architecture":"\w+"/);
  writeFileSync(config, text.replace(/"architecture":"\w+"/, '"architecture":"arm64"'));
  writeFileSync(file, JSON.stringify([{ ...manifest, RepoTags: [name] }]));
  const changed = join(folder, 'changed.tar');
  execFileSync('tar', ['-C', folder, '-cf', changed, '--exclude=*.tar', '.']);
  await engine.docker('load', '-i', changed);
  sweepFolder(folder);
}
