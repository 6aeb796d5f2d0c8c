import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { arbitraryRebaseCase } from './arbitrary-store.ts';
import { buildManyImages, buildStore, chainIdsOf, sha256Hex } from './store-builder.ts';
import type { BuiltStore, FileSpec, StoreSpec } from './store-builder.ts';
import { crc64, crc64OfZeros } from './store/crc64.ts';
import { goJson } from './store/go-json.ts';
import { makeTempDir, removeTempDirs } from './temp-dir.ts';

const SMALL: StoreSpec = {
  images: [
    {
      name: 'base',
      tags: ['alpine:3.7'],
      digests: ['alpine'],
      layers: [{ files: { 'etc/alpine-release': '3.7.3\n', 'etc/gone': 'x', 'old/a': 'a' } }],
      emptyHistory: ['CMD ["sh" "-c" "a && b"]'],
    },
    {
      name: 'app',
      from: 'base',
      tags: ['my-alpine:3.7', 'reg.local:5000/x/my-alpine:3.7'],
      parentLink: true,
      layers: [
        { files: { 'opt/app': { mode: 0o4755, uid: 5, content: 'app' } } },
        {
          files: {
            'etc/gone': { kind: 'whiteout' },
            old: { kind: 'dir', opaque: true },
            'opt/again': 'again',
            'opt/link': { kind: 'hardlink', target: 'opt/again' },
            fifo: { kind: 'fifo' },
            zeros: { size: 2_000_000 },
            note: { content: 'n', xattrs: { 'user.note': 'hello' } },
          },
        },
      ],
    },
    { name: 'bk', from: 'base', tags: ['bk:1'], buildkit: true, layers: [{ files: { b: '' } }] },
  ],
  containers: [{ name: 'c1', image: 'app', files: { written: 'by c1' } }],
};

describe('buildStore', () => {
  afterEach(removeTempDirs);

  it('names every image by the hash of its config and every chain by its formula', async () => {
    const store = await buildStore(join(makeTempDir(), 'docker'), SMALL);
    expectSound(store);
    const app = store.image('app');
    expect(app.chainIds).to.deep.equal(chainIdsOf(app.diffIds));
    expect(app.chainIds.slice(0, 1)).to.deep.equal(store.image('base').chainIds);
    expect(store.image('bk').cacheIds[1]).to.match(/^[0-9a-z]{25}$/);
  });

  it('writes sorted compact repositories.json', async () => {
    const store = await buildStore(makeTempDir(), SMALL);
    const [base, app, bk] = store.images.map((image) => image.imageId);
    const digest = `sha256:${sha256Hex(`manifest ${String(base)}`)}`;
    expect(read(join(store.paths.image, 'repositories.json'))).to.equal(
      `{"Repositories":{"alpine":{"alpine:3.7":"${base!}","alpine@${digest}":"${base!}"},` +
        `"bk":{"bk:1":"${bk!}"},"my-alpine":{"my-alpine:3.7":"${app!}"},` +
        `"reg.local:5000/x/my-alpine":{"reg.local:5000/x/my-alpine:3.7":"${app!}"}}}`,
    );
  });

  it('gives files and directories the modes that dockerd gives them', async () => {
    const store = await buildStore(makeTempDir(), SMALL);
    const app = store.image('app');
    const overlay = join(store.paths.overlay, app.cacheIds[1]!);
    const modes: [string, number][] = [
      [store.root, 0o710],
      [store.layerdbOf('app', -1), 0o700],
      [join(store.layerdbOf('app', -1), 'parent'), 0o644],
      [join(store.paths.content, app.imageId.slice(7)), 0o600],
      [join(store.paths.metadata, app.imageId.slice(7), 'parent'), 0o600],
      [join(store.paths.image, 'repositories.json'), 0o600],
      [overlay, 0o710],
      [join(overlay, 'diff'), 0o755],
      [join(overlay, 'work'), 0o700],
      [join(overlay, 'link'), 0o644],
      [join(overlay, 'committed'), 0o600],
      [join(store.diffOf('app', 1), 'opt/app'), 0o4755],
    ];
    for (const [path, mode] of modes) expect(fs.statSync(path).mode & 0o7777, path).to.equal(mode);
  });

  it('writes OverlayFS whiteouts, hard links, fifos and sparse files', async () => {
    const store = await buildStore(makeTempDir(), SMALL);
    const at = (path: string): fs.Stats => fs.lstatSync(join(store.diffOf('app', 2), path));
    expect(at('etc/gone').isCharacterDevice()).to.equal(true);
    expect(at('etc/gone').rdev).to.equal(0);
    expect(at('opt/link').ino).to.equal(at('opt/again').ino);
    expect(at('fifo').isFIFO()).to.equal(true);
    expect(at('zeros').size).to.equal(2_000_000);
    expect(at('zeros').blocks).to.equal(0);
    const split = splitOf(store, 'app', 2);
    const names = split.flatMap((line) => ('name' in line ? [line['name']] : []));
    expect(names).to.include.members(['etc/.wh.gone', 'old/', 'old/.wh..wh..opq']);
  });

  it('links a container to its image through parent, init layer and lower', async () => {
    const store = await buildStore(makeTempDir(), SMALL);
    const { id, mountId, initId } = store.container('c1');
    const overlay = (name: string, file: string): string =>
      read(join(store.paths.overlay, name, file));
    const app = store.image('app');
    const top = app.cacheIds.at(-1)!;
    expect(read(join(store.paths.mounts, id, 'parent'))).to.equal(app.chainIds.at(-1));
    expect(overlay(initId, 'lower')).to.equal(`l/${overlay(top, 'link')}:${overlay(top, 'lower')}`);
    expect(overlay(mountId, 'lower')).to.equal(
      `l/${overlay(initId, 'link')}:${overlay(initId, 'lower')}`,
    );
    const config = JSON.parse(read(join(store.paths.containers, id, 'config.v2.json'))) as object;
    expect(config).to.include({ ID: id, Image: app.imageId, Driver: 'overlay2', Name: '/c1' });
  });

  it('gives equal files an equal DiffID, whatever the order of the keys', async () => {
    const files: Record<string, FileSpec> = { b: '1', 'a/z': '2', 'a-b': { kind: 'whiteout' } };
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    const store = await buildStore(makeTempDir(), {
      images: [
        { name: 'one', layers: [{ files }] },
        { name: 'two', layers: [{ files: {} }, { files: reversed }] },
      ],
    });
    expect(store.image('one').diffIds[0]).to.equal(store.image('two').diffIds[1]);
  });

  it('takes the config bytes from configText', async () => {
    const store = await buildStore(makeTempDir(), {
      images: [{ name: 'odd', tags: ['odd:1'], configText: (text) => `${text} \n` }],
    });
    expect(store.image('odd').configText).to.match(/\} \n$/);
    expectSound(store);
  });

  it('refuses a spec that no daemon could have written', async () => {
    const broken: [string, StoreSpec][] = [
      ['is named "b"', { images: [{ name: 'a', from: 'b' }] }],
      ['has no tag', { images: [{ name: 'a', tags: ['reg:5000/a'] }] }],
      ['hard link to no file', { images: [layerOf({ a: { kind: 'hardlink', target: 'b' } })] }],
      ['is no directory', { images: [layerOf({ a: 'file', 'a/b': 'file' })] }],
      ['plain relative path', { images: [layerOf({ '../a': 'file' })] }],
    ];
    for (const [message, spec] of broken) {
      const error: unknown = await buildStore(makeTempDir(), spec).catch((e: unknown) => e);
      expect(String(error)).to.include(message);
    }
  });

  it('builds sound stores from every arbitrary case', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRebaseCase(), async ({ store, app, oldBase, newBase }) => {
        const built = await buildStore(makeTempDir(), store);
        expectSound(built);
        const [a, from, onto] = [app, oldBase, newBase].map((name) => built.image(name));
        expect(a!.diffIds.slice(0, from!.diffIds.length)).to.deep.equal(from!.diffIds);
        expect(onto!.diffIds).not.to.deep.equal(from!.diffIds);
        expect(new Set(built.images.map((image) => image.imageId))).to.have.length(
          built.images.length,
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('buildManyImages', () => {
  afterEach(removeTempDirs);

  it('gives each image its own chain, or lets them share', async () => {
    const unique = await buildManyImages(makeTempDir(), { images: 20, appLayers: 2 });
    expectSound(unique);
    expect(fs.readdirSync(unique.paths.layers)).to.have.length(4 + 40);
    const shared = await buildManyImages(makeTempDir(), { images: 20, content: 'shared' });
    expectSound(shared);
    expect(fs.readdirSync(shared.paths.layers)).to.have.length(4 + 2);
    expect(fs.readdirSync(shared.paths.content)).to.have.length(22);
  });
});

describe('crc64', () => {
  it('gives the checksums that dockerd 20.10 recorded', () => {
    expect(crc64(Buffer.from('hi\n'))).to.equal('YUmYEAAAAAA=');
    expect(crc64(Buffer.from('y\n'))).to.equal('YVKgAAAAAAA=');
  });

  it('computes zeros without walking them', () => {
    for (const size of [1, 2, 255, 4096, 100_003]) {
      expect(crc64OfZeros(size)).to.equal(crc64(Buffer.alloc(size)));
    }
  });
});

describe('goJson', () => {
  it('escapes as Go does', () => {
    const text = 'a<b>&c\u2028"\\b\b\f\n\t\x01é';
    expect(goJson(text)).to.equal(
      String.raw`"a\u003cb\u003e\u0026c\u2028\"\\b\u0008\u000c\n\t\u0001é"`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(JSON.parse(goJson(any))).to.equal(any);
      }),
    );
  });
});

function layerOf(files: Record<string, FileSpec>): StoreSpec['images'][number] {
  return { name: 'a', layers: [{ files }] };
}

/** The invariants that need no second implementation of the archive. */
function expectSound(store: BuiltStore): void {
  const { paths } = store;
  for (const image of store.images) {
    const content = fs.readFileSync(join(paths.content, image.imageId.slice(7)));
    expect(`sha256:${sha256Hex(content)}`).to.equal(image.imageId);
    expect(content.toString()).to.equal(image.configText);
    const config = JSON.parse(image.configText) as { rootfs: { diff_ids: string[] } };
    expect(config.rootfs.diff_ids).to.deep.equal(image.diffIds);
    let lower: string | undefined;
    image.chainIds.forEach((chainId, layer) => {
      const entry = store.layerdbOf(image.name, layer);
      expect(read(join(entry, 'diff'))).to.equal(image.diffIds[layer]);
      expect(read(join(entry, 'cache-id'))).to.equal(image.cacheIds[layer]);
      expect(fs.existsSync(join(entry, 'parent'))).to.equal(layer > 0);
      const overlay = join(paths.overlay, image.cacheIds[layer]!);
      const link = read(join(overlay, 'link'));
      expect(link).to.match(/^[A-Z2-7]{26}$/);
      expect(fs.realpathSync(join(paths.overlay, 'l', link))).to.equal(
        fs.realpathSync(join(overlay, 'diff')),
      );
      if (lower !== undefined) expect(read(join(overlay, 'lower')), chainId).to.equal(lower);
      expect(fs.existsSync(join(overlay, 'lower'))).to.equal(layer > 0);
      lower = lower === undefined ? `l/${link}` : `l/${link}:${lower}`;
      expect(reassembledDiffId(store, image.name, layer)).to.equal(image.diffIds[layer]);
    });
  }
}

/** What `docker save` does: headers from tar-split, content from the disk. */
function reassembledDiffId(store: BuiltStore, name: string, layer: number): string {
  const hash = createHash('sha256');
  for (const line of splitOf(store, name, layer)) {
    if (line['type'] === 2) hash.update(Buffer.from(line['payload'] as string, 'base64'));
    else if (line['size'] !== undefined) {
      const content = fs.readFileSync(join(store.diffOf(name, layer), line['name'] as string));
      expect(content).to.have.length(line['size'] as number);
      expect(crc64(content)).to.equal(line['payload']);
      hash.update(content);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

function splitOf(store: BuiltStore, name: string, layer: number): Record<string, unknown>[] {
  const zipped = fs.readFileSync(join(store.layerdbOf(name, layer), 'tar-split.json.gz'));
  const lines = gunzipSync(zipped).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function read(path: string): string {
  return fs.readFileSync(path, 'utf8');
}
