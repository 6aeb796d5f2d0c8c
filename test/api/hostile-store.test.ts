/**
 * A store is data from strangers: whatever lies in it, nothing outside the data-root is read or
 * written, nothing is waited for, nothing is run, and what is said can be shown.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { expect } from 'chai';

import { planPruneOf } from '../../src/api/prune-store.ts';
import { showStatus } from '../../src/api/show-status.ts';
import { RebaseError } from '../../src/errors.ts';
import { renderError } from '../../src/render/error-text.ts';
import { buildStore, sha256Hex, type BuiltStore } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import {
  fastDir,
  OFFLINE,
  openStopped,
  plan,
  rebase,
  resume,
  SMALL,
  stateOf,
} from './stopped-store.ts';

/** What stands outside, and must never show up in anything that is said or written. */
const SECRET = 'the secret outside';

describe('api: a hostile store', () => {
  let store: BuiltStore;
  let outside: string;

  beforeEach(async () => {
    store = await buildStore(fastDir(), SMALL);
    outside = fastDir();
    writeFileSync(join(outside, 'secret'), SECRET);
  });
  afterEach(removeTempDirs);

  describe('with a folder that leads out of it', () => {
    for (const folder of [
      'image',
      'image/overlay2',
      'image/overlay2/layerdb',
      'image/overlay2/layerdb/sha256',
      'image/overlay2/layerdb/tmp',
      'image/overlay2/layerdb/mounts',
      'image/overlay2/imagedb',
      'image/overlay2/imagedb/content',
      'image/overlay2/imagedb/content/sha256',
      'image/overlay2/imagedb/metadata/sha256',
      'overlay2',
      'overlay2/l',
    ]) {
      it(`refuses ${folder} as a symlink`, async () => {
        moveOut(join(store.root, folder));
        const before = readTree(outside, { mtimes: true });
        const error = await refused(() => rebase(store.root, 'app:1', 'base:2'));
        expect(error.code).to.equal('STORE_UNSUPPORTED');
        expect(error.message).to.contain(join(store.root, folder)).and.contain('symlink');
        expect(diffTrees(before, readTree(outside, { mtimes: true }))).to.deep.equal([]);
      });
    }

    for (const folder of [
      'rebase-image',
      'rebase-image/transactions',
      'rebase-image/transactions/1',
    ]) {
      it(`refuses ${folder} as a symlink`, async () => {
        await rebase(store.root, 'app:1', 'base:2', { stageOnly: true });
        moveOut(join(store.root, folder));
        const before = readTree(outside, { mtimes: true });
        for (const work of [
          () => resume(store.root),
          async () => showStatus(await openStopped(store.root)),
        ]) {
          expect((await refused(work)).message).to.contain(join(store.root, folder));
        }
        expect(diffTrees(before, readTree(outside, { mtimes: true }))).to.deep.equal([]);
      });
    }

    it('does not take folders of layers, containers and mounts that are symlinks', async () => {
      mkdirSync(join(outside, 'box'));
      const config = { Name: '/evil', Image: store.image('app').imageId, State: { Running: true } };
      writeFileSync(join(outside, 'box/config.v2.json'), JSON.stringify(config));
      symlinkSync(join(outside, 'box'), join(store.root, 'containers', 'f'.repeat(64)));
      writeFileSync(join(outside, 'parent'), store.image('app').chainIds[0]!);
      const layerdb = join(store.root, 'image/overlay2/layerdb');
      symlinkSync(outside, join(layerdb, 'sha256', 'f'.repeat(64)));
      symlinkSync(outside, join(layerdb, 'mounts', 'f'.repeat(64)));
      const { containers } = await plan(store.root, 'app:1', 'base:2');
      expect(containers.map(({ name }) => name)).to.not.include('evil');
      await planPruneOf(await openStopped(store.root), OFFLINE);
    });

    for (const entry of ['layerdb entry', 'overlay2 directory', 'diff of it'] as const) {
      it(`refuses a layer whose ${entry} is a symlink`, async () => {
        const paths = {
          'layerdb entry': store.layerdbOf('app', 1),
          'overlay2 directory': dirname(store.diffOf('app', 1)),
          'diff of it': store.diffOf('app', 1),
        };
        moveOut(paths[entry]);
        await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
      });
    }
  });

  it('copies nothing that a symlink in a layerdb entry leads to', async () => {
    writeFileSync(join(outside, 'secret'), 'secret');
    const tarSplit = join(store.layerdbOf('app', 2), 'tar-split.json.gz');
    rmSync(tarSplit);
    symlinkSync(join(outside, 'secret'), tarSplit);
    const before = stateOf(store.root);
    const error = await refused(() => rebase(store.root, 'app:1', 'base:2'));
    expect(error.code, error.message).to.equal('STORE_DAMAGED');
    expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
  });

  describe('with something else in place of a file', () => {
    const files: Record<string, () => string> = {
      'repositories.json': () => join(store.root, 'image/overlay2/repositories.json'),
      'an image config': () => configOf('app'),
      'the parent in imagedb': () => {
        const folder = join(store.root, 'image/overlay2/imagedb/metadata/sha256', hexOf('app'));
        mkdirSync(folder, { recursive: true });
        return join(folder, 'parent');
      },
      ...Object.fromEntries(
        ['diff', 'size', 'cache-id', 'parent', 'tar-split.json.gz'].map((name) => [
          `layerdb's ${name}`,
          () => join(store.layerdbOf('app', 2), name),
        ]),
      ),
      ...Object.fromEntries(
        ['link', 'lower'].map((name) => [
          `overlay2's ${name}`,
          () => join(dirname(store.diffOf('app', 2)), name),
        ]),
      ),
      "a container's config": () =>
        join(store.root, 'containers', store.container('box').id, 'config.v2.json'),
      'a mount-id': () => join(mountOf('box'), 'mount-id'),
      "a mount's parent": () => join(mountOf('box'), 'parent'),
      "BuildKit's database": () => join(store.root, 'buildkit/snapshots.db'),
      'the lock of dockerd': () => join(store.root, 'volumes/metadata.db'),
    };
    for (const [what, fileOf] of Object.entries(files)) {
      for (const [kind, put] of Object.entries({
        'a FIFO': fifo,
        'a device': device,
        'a symlink to a secret': (file: string) => {
          symlinkSync(join(outside, 'secret'), file);
        },
        'a symlink to a FIFO': (file: string) => {
          fifo(join(outside, 'fifo'));
          symlinkSync(join(outside, 'fifo'), file);
        },
        'a file of gigabytes': (file: string) => {
          writeFileSync(file, '');
          truncateSync(file, 5 * 2 ** 30);
        },
      })) {
        it(`${what} as ${kind}: neither waits nor reads it`, async () => {
          const file = fileOf();
          rmSync(file, { force: true });
          put(file);
          const before = readTree(outside, { mtimes: true });
          for (const work of [
            () => plan(store.root, 'app:1', 'base:2'),
            async () => planPruneOf(await openStopped(store.root), OFFLINE),
            async () => showStatus(await openStopped(store.root)),
          ]) {
            const said = await work().then(
              (report) => JSON.stringify(report),
              (error: unknown) => shown(error),
            );
            expect(said).to.not.contain(SECRET);
          }
          expect(diffTrees(before, readTree(outside, { mtimes: true }))).to.deep.equal([]);
        });
      }
    }
  });

  describe('with names that lead elsewhere', () => {
    for (const name of ['../../../etc', '/etc', '..', '.', '', '-delete', 'a/../../b', 'a\0b']) {
      it(`refuses ${JSON.stringify(name)} as cache-id`, async () => {
        writeFileSync(join(store.layerdbOf('app', 1), 'cache-id'), name);
        await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
      });

      it(`refuses ${JSON.stringify(name)} as link and in lower`, async () => {
        const directory = dirname(store.diffOf('app', 1));
        writeFileSync(join(directory, 'link'), name);
        await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
      });

      it(`refuses ${JSON.stringify(name)} in lower`, async () => {
        writeFileSync(join(dirname(store.diffOf('app', 1)), 'lower'), `l/${name}`);
        await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
      });
    }

    it('refuses an l/ entry that leads out', async () => {
      const link = readFileSync(join(dirname(store.diffOf('app', 1)), 'link'), 'utf8');
      rmSync(join(store.root, 'overlay2/l', link));
      symlinkSync(outside, join(store.root, 'overlay2/l', link));
      await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
    });

    it('takes upper-case digests for none', async () => {
      const file = join(store.root, 'image/overlay2/repositories.json');
      const text = readFileSync(file, 'utf8');
      const { imageId } = store.image('app');
      writeFileSync(file, text.replaceAll(imageId, imageId.toUpperCase()));
      await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'IMAGE_NOT_FOUND');
      writeFileSync(file, text.replaceAll(imageId.slice(7), imageId.slice(7).toUpperCase()));
      await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'IMAGE_NOT_FOUND');
    });
  });

  describe('with JSON that is too much', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const [what, text] of Object.entries({
      'nested 200,000 deep': `{"rootfs":${deep}}`,
      'nested in what nobody reads': `{"x":${deep},"rootfs":{"diff_ids":[]}}`,
      'of a million keys': `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${String(i)}":0`).join()}}`,
      'with __proto__': '{"__proto__":{"rootfs":{"diff_ids":[]}},"constructor":1}',
    })) {
      it(`takes an image config ${what} for that of a broken image`, async () => {
        const hex = sha256Hex(text).replace('sha256:', '');
        writeFileSync(join(store.root, 'image/overlay2/imagedb/content/sha256', hex), text);
        await plan(store.root, 'app:1', 'base:2');
        retag(`sha256:${hex}`);
        const error = await refused(() => rebase(store.root, 'app:1', 'base:2'));
        expect(['STORE_DAMAGED', 'BASE_NOT_FOUND', 'SAME_IMAGE']).to.include(error.code);
      });
    }

    it('refuses a repositories.json that is nested too deeply', async () => {
      writeFileSync(join(store.root, 'image/overlay2/repositories.json'), deep);
      await unchanged(() => rebase(store.root, 'app:1', 'base:2'), 'STORE_DAMAGED');
    });
  });

  describe('with a journal that others can write', () => {
    beforeEach(async () => {
      await rebase(store.root, 'app:1', 'base:2', { stageOnly: true });
    });

    for (const [what, harm] of Object.entries({
      'a folder for everybody': () => {
        chmodSync(join(store.root, 'rebase-image'), 0o777);
      },
      'a folder for a group': () => {
        chmodSync(join(store.root, 'rebase-image/transactions'), 0o770);
      },
      "a transaction that is somebody's": () => {
        chownSync(join(store.root, 'rebase-image/transactions/1'), 1000, 0);
      },
      "a journal that is somebody's": () => {
        chownSync(journal(), 1000, 1000);
      },
      'a journal for everybody': () => {
        chmodSync(journal(), 0o666);
      },
      'a journal that is a FIFO': () => {
        rmSync(journal());
        fifo(journal());
      },
      'a journal that is a symlink': () => {
        renameSync(journal(), join(outside, 'journal'));
        symlinkSync(join(outside, 'journal'), journal());
      },
      'a data-root for everybody': () => {
        chmodSync(store.root, 0o777);
      },
    })) {
      it(`trusts nothing that ${what} says`, async () => {
        harm();
        const before = readTree(outside, { mtimes: true });
        await unchanged(() => resume(store.root), 'STORE_UNSUPPORTED');
        expect(diffTrees(before, readTree(outside, { mtimes: true }))).to.deep.equal([]);
      });
    }

    it('runs no command that a forged journal names', async () => {
      const proof = join(outside, 'ran');
      const stopped = {
        kind: 'daemon-stopped',
        start: JSON.stringify({
          record: { kind: 'command', stop: `touch ${proof}`, start: `touch ${proof}` },
          socketPath: join(outside, 'sock'),
          startAgain: [],
          at: { bootId: 'x', uptimeMs: 0 },
        }),
      };
      const text = JSON.stringify(stopped);
      writeFileSync(journal(), `${sha256Hex(text).replace('sha256:', '')} ${text}\n`, {
        flag: 'a',
      });
      chmodSync(journal(), 0o602);
      await refused(() => resume(store.root));
      expect(existsSync(proof)).to.equal(false);
    });
  });

  it('says nothing that a terminal obeys', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u202e';
    const config = JSON.parse(readFileSync(configOf('app'), 'utf8')) as Record<string, unknown>;
    const text = JSON.stringify({ ...config, os: evil });
    const hex = sha256Hex(text).replace('sha256:', '');
    writeFileSync(join(store.root, 'image/overlay2/imagedb/content/sha256', hex), text);
    retag(`sha256:${hex}`);
    const error = await refused(() => rebase(store.root, 'app:1', 'base:2'));
    expect(shown(error)).to.not.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  function retag(imageId: string): void {
    const file = join(store.root, 'image/overlay2/repositories.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(`"app:1":"${store.image('app').imageId}"`, `"app:1":"${imageId}"`),
    );
  }

  function moveOut(path: string): void {
    const target = join(outside, basename(path));
    renameSync(path, target);
    symlinkSync(target, path);
  }

  function journal(): string {
    return join(store.root, 'rebase-image/transactions/1/journal');
  }

  function hexOf(name: string): string {
    return store.image(name).imageId.slice('sha256:'.length);
  }

  function configOf(name: string): string {
    return join(store.root, 'image/overlay2/imagedb/content/sha256', hexOf(name));
  }

  function mountOf(name: string): string {
    return join(store.root, 'image/overlay2/layerdb/mounts', store.container(name).id);
  }

  async function unchanged(work: () => Promise<unknown>, code: string): Promise<void> {
    const before = readTree(store.root, { mtimes: true });
    const error = await refused(work);
    expect(error.code, error.message).to.equal(code);
    expect(diffTrees(before, readTree(store.root, { mtimes: true }))).to.deep.equal([]);
  }
});

async function refused(work: () => Promise<unknown>): Promise<RebaseError> {
  const error: unknown = await work().catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(RebaseError);
  return error as RebaseError;
}

function shown(error: unknown): string {
  return renderError(error, { color: false, debug: false });
}

function fifo(path: string): void {
  expect(spawnSync('mkfifo', [path]).status).to.equal(0);
}

/** /dev/zero, which never ends. */
function device(path: string): void {
  expect(spawnSync('mknod', [path, 'c', '1', '5']).status).to.equal(0);
}
