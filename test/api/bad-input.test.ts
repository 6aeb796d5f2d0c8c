/** Bad input: a clear one-line error with a hint, and an untouched store. */
import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { openStore, type StoreOptions } from '../../src/api/open-store.ts';
import { RebaseError, type ErrorCode } from '../../src/errors.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import { plan, rebase, SMALL, fastDir } from './stopped-store.ts';

interface BadCase {
  readonly what: string;
  readonly code: ErrorCode;
  readonly says: string;
  readonly image?: string | readonly string[];
  readonly onto?: string;
  readonly more?: Parameters<typeof rebase>[3];
  readonly spec?: StoreSpec;
  readonly damage?: (store: BuiltStore) => void;
}

const FOREIGN: StoreSpec = {
  images: [
    ...SMALL.images,
    { name: 'arm', tags: ['base:arm'], architecture: 'arm64', layers: [{ files: { arm: '' } }] },
    { name: 'stranger', tags: ['stranger:1'], layers: [{ files: { s: '' } }] },
    { name: 'mid', from: 'old', tags: ['middle:1'], layers: [{ files: { m: '' } }] },
    { name: 'top', from: 'mid', tags: ['top:1'], layers: [{ files: { t: '' } }] },
  ],
};

/** The new base and the app, each with 63 layers of its own. */
const TALL: StoreSpec = {
  images: [
    ...SMALL.images.slice(0, 1),
    { name: 'new', tags: ['base:2'], layers: tower('new') },
    { name: 'app', from: 'old', tags: ['app:1'], layers: tower('app') },
  ],
};

const repositories = ({ paths }: BuiltStore): string => join(paths.image, 'repositories.json');
const configOf = (store: BuiltStore, name: string): string =>
  join(store.paths.content, store.image(name).imageId.slice(7));

const CASES: readonly BadCase[] = [
  { what: 'an unknown image', code: 'IMAGE_NOT_FOUND', says: 'nope:1', image: 'nope:1' },
  { what: 'an unknown tag', code: 'IMAGE_NOT_FOUND', says: 'app:7', image: 'app:7' },
  { what: 'an unknown ID', code: 'IMAGE_NOT_FOUND', says: 'f'.repeat(64), image: 'f'.repeat(64) },
  {
    what: 'an unknown digest',
    code: 'IMAGE_NOT_FOUND',
    says: 'app@',
    image: `app@sha256:${'0'.repeat(64)}`,
  },
  { what: 'a missing new base', code: 'NEW_BASE_MISSING', says: 'base:9', onto: 'base:9' },
  { what: 'an empty --onto', code: 'BAD_REFERENCE', says: 'reference', onto: '' },
  { what: 'an empty image', code: 'BAD_REFERENCE', says: 'reference', image: '' },
  { what: 'a name in capitals', code: 'BAD_REFERENCE', says: 'lower case', image: 'App:1' },
  { what: 'a name with a newline', code: 'BAD_REFERENCE', says: 'app', image: 'app\n:1' },
  { what: 'a name with white space', code: 'BAD_REFERENCE', says: 'app', image: ' app:1' },
  { what: 'a path', code: 'BAD_REFERENCE', says: '../etc', image: '../etc' },
  { what: 'a very long name', code: 'BAD_REFERENCE', says: 'reference', image: 'a'.repeat(400) },
  { what: 'an option', code: 'BAD_REFERENCE', says: '--onto', image: '--onto' },
  { what: 'a base that is the image', code: 'SAME_IMAGE', says: 'same image', onto: 'app:1' },
  {
    what: 'a --from that is the image',
    code: 'SAME_IMAGE',
    says: 'same image',
    more: { from: 'app:1' },
  },
  {
    what: 'no base',
    code: 'BASE_NOT_FOUND',
    says: 'stranger:1',
    image: 'stranger:1',
    spec: FOREIGN,
  },
  {
    what: 'several bases',
    code: 'BASE_AMBIGUOUS',
    says: 'middle:1',
    image: 'top:1',
    onto: 'stranger:1',
    spec: FOREIGN,
  },
  {
    what: 'a --from below which it is not',
    code: 'NOT_BUILT_ON_FROM',
    says: 'stranger:1',
    more: { from: 'stranger:1' },
    spec: FOREIGN,
  },
  {
    what: 'a --from that is not here',
    code: 'IMAGE_NOT_FOUND',
    says: 'base:0',
    more: { from: 'base:0' },
  },
  {
    what: 'a --from of more layers than it has',
    code: 'USAGE',
    says: '3 layers',
    more: { from: '9' },
  },
  { what: 'a --from of no layers', code: 'USAGE', says: '--from 0', more: { from: '0' } },
  {
    what: 'another platform',
    code: 'CHECK_REFUSED',
    says: 'arm64',
    onto: 'base:arm',
    spec: FOREIGN,
  },
  { what: 'too many layers', code: 'CHECK_REFUSED', says: '126 layers', spec: TALL },
  { what: 'a taken --tag', code: 'CHECK_REFUSED', says: 'sibling:1', more: { tag: 'sibling:1' } },
  {
    what: 'a --tag that is a digest',
    code: 'USAGE',
    says: '--tag',
    more: { tag: `app@sha256:${'0'.repeat(64)}` },
  },
  {
    what: 'a --tag that is no reference',
    code: 'BAD_REFERENCE',
    says: 'reference',
    more: { tag: 'a b' },
  },
  {
    what: 'a --tag for several images',
    code: 'USAGE',
    says: '--tag',
    image: ['app:1', 'conf:1'],
    more: { tag: 'x' },
  },
  {
    what: 'a number in --from for several images',
    code: 'USAGE',
    says: '--from 1',
    image: ['app:1', 'conf:1'],
    more: { from: '1' },
  },
  {
    what: 'an image by ID without --tag',
    code: 'USAGE',
    says: 'tag',
    image: 'sha256:ID',
  },
  {
    what: 'an empty repositories.json',
    code: 'STORE_DAMAGED',
    says: 'repositories.json',
    damage: (store) => {
      truncateSync(repositories(store));
    },
  },
  {
    what: 'a repositories.json that was cut',
    code: 'STORE_DAMAGED',
    says: 'repositories.json',
    damage: (store) => {
      truncateSync(repositories(store), 40);
    },
  },
  {
    what: 'a repositories.json that cannot be read',
    code: 'STORE_DAMAGED',
    says: 'repositories.json',
    damage: (store) => {
      rmSync(repositories(store));
      mkdirSync(repositories(store));
    },
  },
  {
    what: 'a corrupt image JSON',
    code: 'STORE_DAMAGED',
    says: 'app:1',
    damage: (store) => {
      truncateSync(configOf(store, 'app'), 50);
    },
  },
  {
    what: 'a corrupt image JSON of several lines',
    code: 'STORE_DAMAGED',
    says: 'app:1',
    damage: (store) => {
      writeFileSync(configOf(store, 'app'), '{\n  "rootfs": oops\n}\n');
    },
  },
  {
    what: 'an image JSON that is not what its name says',
    code: 'STORE_DAMAGED',
    says: 'base:2',
    damage: (store) => {
      writeFileSync(configOf(store, 'new'), `${store.image('new').configText}\n`);
    },
  },
  {
    what: 'a tag whose image is gone',
    code: 'IMAGE_NOT_FOUND',
    says: 'app:1',
    damage: (store) => {
      rmSync(configOf(store, 'app'));
    },
  },
  {
    what: 'a layer without cache-id',
    code: 'STORE_DAMAGED',
    says: 'cache-id',
    damage: (store) => {
      rmSync(join(store.layerdbOf('app', 1), 'cache-id'));
    },
  },
  {
    what: 'a cache-id that leads elsewhere',
    code: 'STORE_DAMAGED',
    says: 'cache-id',
    damage: (store) => {
      writeFileSync(join(store.layerdbOf('app', 1), 'cache-id'), '../../../etc');
    },
  },
  {
    what: 'a cache-id that is no text',
    code: 'STORE_DAMAGED',
    says: 'cache-id',
    damage: (store) => {
      writeFileSync(join(store.layerdbOf('app', 1), 'cache-id'), Buffer.from([0xff, 0xfe]));
    },
  },
  {
    what: 'a layer that is not there',
    code: 'STORE_DAMAGED',
    says: 'layerdb',
    damage: (store) => {
      rmSync(store.layerdbOf('app', 2), { recursive: true });
    },
  },
  {
    what: 'a layer whose directory is gone',
    code: 'STORE_DAMAGED',
    says: 'no directory',
    damage: (store) => {
      rmSync(join(store.diffOf('app', 2), '..'), { recursive: true });
    },
  },
  {
    what: 'a layer of the new base whose files are gone',
    code: 'STORE_DAMAGED',
    says: 'no directory',
    damage: (store) => {
      renameSync(store.diffOf('new', 0), `${store.diffOf('new', 0)}-gone`);
    },
  },
  {
    what: 'a size with a newline',
    code: 'STORE_DAMAGED',
    says: 'size',
    damage: (store) => {
      writeFileSync(join(store.layerdbOf('app', 1), 'size'), '9\n');
    },
  },
  {
    what: 'a lower that was cut',
    code: 'STORE_DAMAGED',
    says: 'lower',
    damage: (store) => {
      truncateSync(join(store.diffOf('app', 2), '../lower'), 10);
    },
  },
  {
    what: 'a result whose chain exists and is broken',
    code: 'STORE_DAMAGED',
    says: 'diff',
    spec: {
      images: [
        ...SMALL.images,
        {
          name: 'twin',
          from: 'new',
          tags: ['twin:1'],
          layers: SMALL.images[2]!.layers!.slice(0, 1),
        },
      ],
    },
    damage: (store) => {
      rmSync(join(store.layerdbOf('twin', -1), 'diff'));
    },
  },
];

describe('api: bad input', () => {
  afterEach(removeTempDirs);

  for (const { what, code, says, image, onto, more, spec, damage } of CASES) {
    it(`refuses ${what}`, async () => {
      const store = await buildStore(fastDir(), spec ?? SMALL);
      damage?.(store);
      const before = readTree(store.root, { mtimes: true });
      const names = [image ?? 'app:1'].flat().map((name) => {
        return name === 'sha256:ID' ? store.image('app').imageId : name;
      });
      const error: unknown = await rebase(store.root, names, onto ?? 'base:2', more).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(RebaseError);
      expectGood(error as RebaseError, code, says);
      expect(diffTrees(before, readTree(store.root, { mtimes: true }))).to.deep.equal([]);
    });
  }

  it('refuses the beginning of several IDs', async () => {
    const images = Array.from({ length: 40 }, (_, i) => ({
      name: `i${String(i)}`,
      layers: [{ files: { f: String(i) } }],
    }));
    const store = await buildStore(fastDir(), { images: [...SMALL.images, ...images] });
    const first = store.images.map(({ imageId }) => imageId[7]!);
    const several = first.find((digit, i) => first.indexOf(digit) !== i)!;
    const error: unknown = await plan(store.root, several, 'base:2').catch((e: unknown) => e);
    expectGood(error as RebaseError, 'IMAGE_AMBIGUOUS', several);
  });

  it('keeps to one short line however many bases there are', async () => {
    const images = Array.from({ length: 12 }, (_, i) => ({
      name: `b${String(i)}`,
      ...(i === 0 ? {} : { from: `b${String(i - 1)}` }),
      tags: [`registry.example.org:5000/platform/base-${String(i)}:2024.01`],
      layers: [{ files: { f: String(i) } }],
    }));
    const app = { name: 'deep', from: 'b11', tags: ['deep:1'], layers: [{ files: { a: '' } }] };
    const store = await buildStore(fastDir(), { images: [...SMALL.images, ...images, app] });
    const error: unknown = await plan(store.root, 'deep:1', 'base:2').catch((e: unknown) => e);
    expectGood(error as RebaseError, 'BASE_AMBIGUOUS', 'deep:1');
  });

  it('refuses who is not root', async () => {
    const store = await buildStore(fastDir(), SMALL);
    const getuid = process.getuid;
    process.getuid = () => 1000;
    try {
      const error: unknown = await plan(store.root, 'app:1', 'base:2').catch((e: unknown) => e);
      expectGood(error as RebaseError, 'NOT_ROOT', 'root');
    } finally {
      process.getuid = getuid!;
    }
  });

  const silent: [string, StoreOptions][] = [
    ['--host', { host: 'unix:///nowhere/docker.sock', env: {} }],
    ['DOCKER_HOST', { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } }],
  ];
  for (const [source, options] of silent) {
    it(`refuses a silent daemon that ${source} names, and takes no other store for its`, async () => {
      const error: unknown = await openStore(options).catch((e: unknown) => e);
      expectGood(error as RebaseError, 'DAEMON_FAILED', '/nowhere/docker.sock');
      expect((error as RebaseError).message).to.contain(source);
    });
  }

  const stores: [string, ErrorCode, (root: string) => void][] = [
    [
      'a data-root that is not there',
      'NO_DATA_ROOT',
      (root) => {
        rmSync(root, { recursive: true });
      },
    ],
    ['a data-root without a store', 'NO_DATA_ROOT', () => undefined],
    [
      'a containerd store',
      'STORE_UNSUPPORTED',
      (root) => {
        mkdirSync(
          join(root, 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots/1'),
          { recursive: true },
        );
      },
    ],
    [
      'a vfs store',
      'STORE_UNSUPPORTED',
      (root) => {
        mkdirSync(join(root, 'image/vfs'), { recursive: true });
        mkdirSync(join(root, 'vfs/dir'), { recursive: true });
      },
    ],
    [
      'a btrfs store',
      'STORE_UNSUPPORTED',
      (root) => {
        mkdirSync(join(root, 'image/btrfs'), { recursive: true });
        mkdirSync(join(root, 'btrfs/subvolumes'), { recursive: true });
      },
    ],
  ];
  for (const [what, code, make] of stores) {
    it(`refuses ${what}`, async () => {
      const root = makeTempDir();
      make(root);
      const error: unknown = await plan(root, 'app:1', 'base:2').catch((e: unknown) => e);
      expectGood(error as RebaseError, code, root);
    });
  }
});

/** The message names the thing and is one line; the hint says what to do next. */
function expectGood(error: RebaseError, code: ErrorCode, says: string): void {
  expect(error.code, error.message).to.equal(code);
  expect(error.message).to.contain(says);
  expect(error.message, 'one line').not.to.contain('\n');
  expect(error.message.length, error.message).to.be.below(200);
  expect(error.hint, 'hint').to.be.a('string').and.not.equal('');
  expect(error.hint, 'one line').not.to.contain('\n');
}

function tower(name: string): { files: Record<string, string> }[] {
  return Array.from({ length: 63 }, (_, i) => ({ files: { [`${name}-${String(i)}`]: '' } }));
}
