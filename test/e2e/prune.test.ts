/** Letting go of the way back: old images through dockerd, what was staged, and old journals. */
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { rebaseImageInTerminal } from './support/cli.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { run } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import { proxyOf } from './support/socket-proxy.ts';
import {
  buildApp,
  everything,
  expectError,
  importBases,
  listed,
  NEW_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  storeState,
  tagsOnDisk,
} from './support/scenario.ts';

interface Pruned {
  readonly changed: boolean;
  readonly images: readonly {
    readonly imageId: string;
    readonly tags: readonly string[];
    readonly digests: readonly string[];
  }[];
  readonly parents: readonly string[];
  readonly released?: readonly { readonly imageId: string }[];
  readonly kept: readonly { readonly imageId: string; readonly reasons: readonly string[] }[];
  readonly blocked: string | null;
  readonly endsUndo: readonly number[];
  readonly discarded?: readonly number[];
  readonly frees: { readonly bytes: number; readonly inodes: number; readonly layers: number };
}

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];

describe('prune', () => {
  let engine: Engine;
  let oldId: string;

  before(async () => {
    engine = await startEngine();
    await importBases(engine);
  });
  after(() => engine.dispose());

  beforeEach(async () => {
    await engine.start();
    await engine.dockerTry('rmi', '-f', TAG);
    oldId = await buildApp(engine, TAG);
  });

  it('lets dockerd remove the old image with its --keep-old tag, and says what it ends', async () => {
    const args = [...REBASE, '--yes', '--keep-old', '--clone', 'copy', ...restarting(engine)];
    const { transaction } = await rebaseJson<{ transaction: number }>(engine, args);
    const untouched = everything(engine);
    const dry = await rebaseJson<Pruned>(engine, ['prune', '--dry-run']);
    expect(diffTrees(untouched, everything(engine))).to.deep.equal([]);
    expect(dry.images.map(({ imageId }) => imageId)).to.deep.equal([oldId]);
    expect(dry.images[0]?.tags).to.deep.equal([`${TAG}-before-${oldId.slice(7, 19)}`]);
    expect(dry.endsUndo).to.deep.equal([transaction]);
    expect(dry.frees.layers).to.equal(1);
    expect(dry.frees.bytes).to.be.greaterThan(0);

    const layers = overlayNames();
    const done = await rebaseJson<Pruned>(engine, ['prune', '--yes']);
    expect(done.released?.map(({ imageId }) => imageId)).to.deep.equal([oldId]);
    expect((await engine.docker('images', '-aq', '--no-trunc')).split('\n')).to.not.include(oldId);
    expect(Object.values(tagsOnDisk(engine))).to.not.include(oldId);
    expect(layers - overlayNames()).to.equal(dry.frees.layers);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    expectError(await rebase(engine, ['undo', '--yes'], { status: 3 }), 3, /is gone/);
    expect((await rebase(engine, ['prune', '--yes'])).stdout).to.equal('Nothing to prune.\n');
    await engine.restart();
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
  });

  it('takes the untagged images of the old build along, as docker rmi does', async () => {
    await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
    const dry = await rebaseJson<Pruned>(engine, ['prune', '--dry-run']);
    expect(dry.parents).to.not.deep.equal([]);
    await rebase(engine, ['prune', '--yes']);
    const left = (await engine.docker('images', '-aq', '--no-trunc')).split('\n');
    expect(left).to.not.include.members([oldId, ...dry.parents]);
    for (const id of [oldId, ...dry.parents]) expect(left).to.not.include(id);
  });

  it('keeps an old image that a container or another tag uses, and names them', async () => {
    await engine.docker('create', '--name', 'holder', '--network', 'none', TAG, 'true');
    await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
    await engine.docker('tag', oldId, 'mine:1');
    const dry = await rebaseJson<Pruned>(engine, ['prune', '--dry-run']);
    expect(dry.images).to.deep.equal([]);
    expect(dry.kept[0]?.reasons.join()).to.match(/mine:1.*holder/);
    expect((await rebase(engine, ['prune', '--yes'])).stdout).to.match(/stays: .*mine:1/s);
    expect(await listed(engine, 'mine:1')).to.equal(oldId);
    await engine.docker('rm', 'holder');
    await engine.docker('rmi', 'mine:1');
  });

  for (const [what, call, use] of [
    ['a tag', 'GET /images/sha256', () => engine.docker('tag', oldId, 'late:1')],
    [
      'a container',
      'DELETE /images/',
      () => engine.docker('create', '--name', 'late', '--network', 'none', oldId, 'true'),
    ],
  ] as const) {
    it(`keeps an image that gets ${what} while the prune goes on`, async () => {
      await rebase(engine, [...REBASE, '--yes', '--keep-old', ...restarting(engine)]);
      const proxy = await proxyOf(engine, { call, nth: 1, when: 'before', work: use });
      try {
        const done = await rebaseJson<Pruned>(proxy.engine, ['prune', '--yes']);
        expect(done).to.include({ changed: false });
        expect(done.kept.flatMap(({ reasons }) => reasons).join()).to.match(/late|container/);
      } finally {
        await proxy.stop();
      }
      expect((await engine.docker('images', '-aq', '--no-trunc')).split('\n')).to.include(oldId);
      await engine.dockerTry('rm', 'late');
      await engine.dockerTry('rmi', 'late:1');
      await rebase(engine, ['prune', '--yes']);
      expect((await engine.dockerTry('image', 'inspect', oldId)).status).to.equal(1);
    });
  }

  it('removes the digest references of a pushed image with it', async () => {
    const registry = await startRegistry();
    try {
      const name = `${registry.host}/own:1`;
      const own = await buildApp(engine, name, { files: { 'app/own': 'own\n' } });
      await engine.docker('push', name);
      await rebase(engine, [name, '--onto', 'alpine:3.12', '--yes', ...restarting(engine)]);
      const dry = await rebaseJson<Pruned>(engine, ['prune', '--dry-run']);
      const image = dry.images.find(({ imageId }) => imageId === own);
      expect(image?.digests.join()).to.match(/\/own@sha256:/);
      await rebase(engine, ['prune', '--yes']);
      expect(Object.values(tagsOnDisk(engine))).to.not.include(own);
      expect((await engine.dockerTry('image', 'inspect', own)).status).to.equal(1);
      expect(await run(engine, name, ...RELEASE)).to.equal(NEW_RELEASE);
      await engine.docker('rmi', '-f', name);
    } finally {
      await registry.stop();
    }
  });

  it('goes on where it ended when dockerd was killed', async () => {
    await rebase(engine, [...REBASE, '--yes', '--keep-old', ...restarting(engine)]);
    const proxy = await proxyOf(engine, {
      call: 'DELETE /images/',
      nth: 1,
      when: 'answered',
      work: () => engine.kill(),
    });
    try {
      await rebase(proxy.engine, ['prune', '--yes'], { status: 1 });
    } finally {
      await proxy.stop();
    }
    await engine.start();
    await rebase(engine, ['prune', '--yes']);
    expect((await engine.docker('images', '-aq', '--no-trunc')).split('\n')).to.not.include(oldId);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
  });

  it('leaves images alone while dockerd does not run, or has not loaded a result', async () => {
    await rebase(engine, [...REBASE, '--yes', '--keep-old']);
    const before = storeState(engine);
    const pending = await rebaseJson<Pruned>(engine, ['prune', '--yes']);
    expect(pending).to.include({ changed: false });
    expect(pending.blocked).to.match(/restart it/);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);

    await engine.stop();
    const stopped = storeState(engine);
    const away = await rebaseJson<Pruned>(engine, ['prune', '--yes']);
    expect(away.blocked).to.match(/start it/);
    expect(away.frees).to.include({ bytes: 0, inodes: 0 });
    expect(diffTrees(stopped, storeState(engine))).to.deep.equal([]);

    await engine.start();
    const done = await rebaseJson<Pruned>(engine, ['prune', '--yes']);
    expect(done.released?.map(({ imageId }) => imageId)).to.deep.equal([oldId]);
  });

  it('throws away what was staged, also while dockerd runs', async () => {
    await buildApp(engine, 'staged:1', { files: { 'app/staged': 'staged\n' } });
    await engine.stop();
    const before = storeState(engine);
    await rebase(engine, ['staged:1', '--onto', 'alpine:3.12', '--yes', '--stage-only']);
    const { stdout } = await rebase(engine, ['prune', '--dry-run']);
    expect(stdout).to.match(/not published: .*staged:1/);
    const done = await rebaseJson<Pruned>(engine, ['prune', '--yes']);
    expect(done.discarded).to.have.length(1);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    await engine.start();
    await engine.docker('rmi', 'staged:1');
  });

  it('asks, and a no leaves everything', async () => {
    await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
    const before = storeState(engine);
    expectError(await rebase(engine, ['prune'], { status: 1 }), 1, /nobody is there/);
    const { status, screen } = await rebaseImageInTerminal(
      ['prune'],
      [{ when: 'Apply this plan? [y/N]', keys: ['n', 'Enter'] }],
      { engine },
    );
    expect(status, screen).to.equal(1);
    expect(screen).to.match(/Can no longer be undone: transaction \d/);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
  });

  describe('of the history', () => {
    it('drops journals that no undo needs, after asking, and keeps the others', async () => {
      await rebase(engine, [...REBASE, '--yes', '--stage-only']);
      await rebase(engine, ['abort']);
      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      const before = storeState(engine);
      expectError(
        await rebase(engine, ['history', '--prune'], { status: 1 }),
        1,
        /nobody is there/,
      );
      const all = await history();
      const dry = await rebase(engine, ['history', '--prune', '--dry-run']);
      expect(dry.stdout).to.match(/^Journals to drop$/m);
      expect(dry.stdout).to.match(/stays: transaction \d+: it can be undone/);
      expect(await history()).to.deep.equal(all);
      const { kept } = await rebaseJson<{
        readonly kept: readonly { readonly transaction: number }[];
      }>(engine, ['history', '--prune', '--dry-run']);
      await rebase(engine, ['history', '--prune', '--yes']);
      const left = await history();
      expect(left).to.deep.equal(kept.map(({ transaction }) => transaction));
      expect(left.length).to.be.below(all.length);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      await rebase(engine, ['undo', '--yes']);
      expect(await listed(engine, TAG)).to.equal(oldId);
    });

    it('shows the images and their IDs', async () => {
      const { transaction } = await rebaseJson<{ transaction: number }>(engine, [
        ...[...REBASE, '--yes'],
        ...restarting(engine),
      ]);
      const newId = await listed(engine, TAG);
      const { stdout } = await rebase(engine, ['history']);
      expect(stdout).to.match(new RegExp(`^${transaction} .* published$`, 'm'));
      expect(stdout).to.contain(
        `${TAG}   ${oldId.slice(7, 19)} -> ${newId.slice(7, 19)} onto alpine:3.12`,
      );
    });
  });

  async function history(): Promise<number[]> {
    const { transactions } = await rebaseJson<{
      transactions: readonly { readonly transaction: number }[];
    }>(engine, ['history']);
    return transactions.map(({ transaction }) => transaction);
  }

  function overlayNames(): number {
    return readdirSync(`${engine.dataRoot}/overlay2`).length;
  }
});
