/** Stores that cannot be rebased, as real daemons leave them: refused by name, and untouched. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { rebaseImage } from './support/cli.ts';
import { type CommandResult, type Engine, startEngine } from './support/engine.ts';
import { importBase, run } from './support/images.ts';
import { newerDockerd } from './support/newer-docker.ts';
import { rebaseImageWithEtc } from './support/private-etc.ts';
import {
  buildApp,
  everything,
  expectError,
  importAll,
  importBases,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
} from './support/scenario.ts';

const SNAPSHOTTER = { features: { 'containerd-snapshotter': true } };
const GRAPHDRIVER = { features: { 'containerd-snapshotter': false } };
const RELEASE = ['cat', '/etc/alpine-release'];

describe('the containerd image store', () => {
  let dockerd: string;

  before(async () => {
    // The oldest of the daemons here that have it; a newer one given is as good.
    dockerd = process.env['E2E_DOCKERD'] ?? (await newerDockerd('26.1'));
  });

  describe('of a fresh data-root', () => {
    let engine: Engine;

    before(async () => {
      engine = await startEngine({ daemon: dockerd, driverUnsaid: true, config: SNAPSHOTTER });
      await importAll(engine);
      expect(await driver(engine)).to.equal('overlayfs');
    });
    after(() => engine.dispose());

    it('is refused while dockerd runs', () => refused(engine, /uses the containerd image store/));

    it('is refused while dockerd is stopped', async () => {
      await engine.stop();
      await refused(engine, /uses the containerd image store/);
    });

    it('is refused where a containerd elsewhere has the images', async () => {
      // What the host's own containerd holds is outside of dockerd's data-root.
      rmSync(join(engine.dataRoot, 'containerd'), { recursive: true });
      await refused(engine, /uses the containerd image store/);
    });
  });

  describe('beside an overlay2 store that it has replaced', () => {
    let engine: Engine;

    before(async () => {
      engine = await startEngine({ daemon: dockerd, driverUnsaid: true, config: GRAPHDRIVER });
      await importAll(engine);
      await engine.stop();
      writeFileSync(engine.configFile, JSON.stringify(SNAPSHOTTER));
      await engine.start();
      expect(await driver(engine)).to.equal('overlayfs');
      expect(await engine.docker('images', '-aq')).to.equal('');
      await importBases(engine);
    });
    after(() => engine.dispose());

    it('is refused while dockerd runs', () => refused(engine, /uses the containerd image store/));

    it('is a doubt while dockerd is stopped', async () => {
      await engine.stop();
      await refused(engine, /overlay2 store and a containerd image store/);
    });

    it('is no obstacle for doctor, which takes no side', async () => {
      expect((await rebase(engine, ['doctor'])).stdout).to.match(/3 layers/);
    });

    it('is no longer refused when dockerd is back on overlay2', async () => {
      writeFileSync(engine.configFile, JSON.stringify(GRAPHDRIVER));
      await engine.start();
      expect(await driver(engine)).to.equal('overlay2');
      await rebase(engine, [...REBASE, '--yes']);
      await engine.restart();
      expect(await run(engine, 'my-alpine:3.7', ...RELEASE)).to.equal(NEW_RELEASE);
      await rebase(engine, ['undo', '--yes']);
      expect(await run(engine, 'my-alpine:3.7', ...RELEASE)).to.equal(OLD_RELEASE);
    });

    it('is a doubt also where a containerd elsewhere has the images', async () => {
      await engine.stop();
      rmSync(join(engine.dataRoot, 'containerd'), { recursive: true });
      await refused(engine, /overlay2 store and a containerd image store/);
    });

    it('is no doubt where daemon.json turns one of them on', async () => {
      const on = await told(engine, SNAPSHOTTER);
      expectError(on, 6, /containerd image store \(daemon\.json: containerd-snapshotter\)/);
      expect(await told(engine, GRAPHDRIVER)).to.include({ status: 0 });
    });
  });
});

describe('another storage driver', () => {
  it('vfs is refused, dockerd running or stopped', async () => {
    const engine = await startEngine({ args: ['--storage-driver', 'vfs'] });
    try {
      await importBase(engine, 'alpine:3.7', {});
      await refused(engine, /uses the storage driver vfs/);
      await engine.stop();
      await refused(engine, /uses the storage driver vfs/);
    } finally {
      await engine.dispose();
    }
  });

  describe('beside overlay2 in one data-root', () => {
    let engine: Engine;

    before(async () => {
      engine = await startEngine();
      await importBases(engine);
      await buildApp(engine);
      await engine.stop();
      mkdirSync(join(engine.dataRoot, 'fuse-overlayfs/l'), { recursive: true });
    });
    after(() => engine.dispose());

    it('is a doubt without an explicit driver, for dockerd too', async () => {
      const choosing = await startEngine({ driverUnsaid: true, config: GRAPHDRIVER });
      try {
        await choosing.stop();
        for (const name of ['overlay2', 'fuse-overlayfs']) {
          mkdirSync(join(choosing.dataRoot, name, 'l'), { recursive: true });
        }
        expect(await choosing.start().catch(String)).to.match(/fuse-overlayfs/);
        await refused(choosing, /overlay2 store and fuse-overlayfs/);
      } finally {
        await choosing.dispose();
      }
    });

    it('is no doubt where daemon.json names the driver', async () => {
      expect(await told(engine, { 'storage-driver': 'overlay2' })).to.include({ status: 0 });
      const other = await told(engine, { 'storage-driver': 'fuse-overlayfs' });
      expectError(other, 6, /the storage driver fuse-overlayfs \(daemon\.json\)/);
    });

    it('is no doubt while a dockerd with an explicit driver runs', async () => {
      await refused(engine, /overlay2 store and fuse-overlayfs/);
      await engine.start();
      await rebase(engine, [...REBASE, '--yes']);
      await engine.restart();
      expect(await run(engine, 'my-alpine:3.7', ...RELEASE)).to.equal(NEW_RELEASE);
    });
  });

  it('vfs after overlay2 is told apart by its containers', async () => {
    const engine = await startEngine({ driverUnsaid: true, config: GRAPHDRIVER });
    try {
      await importAll(engine);
      await engine.stop();
      writeFileSync(engine.configFile, JSON.stringify({ 'storage-driver': 'vfs' }));
      await engine.start();
      await importBase(engine, 'alpine:3.7', {});
      await engine.docker('create', '--network', 'none', 'alpine:3.7', 'true');
      await refused(engine, /uses the storage driver vfs/);
      await engine.stop();
      await refused(engine, /overlay2 store and containers on vfs/);
    } finally {
      await engine.dispose();
    }
  });
});

/** Exit 6 with what was found, from whatever would read or write images, and nothing written. */
async function refused(engine: Engine, message: RegExp): Promise<void> {
  const before = everything(engine);
  for (const args of [
    [...REBASE, '--yes'],
    ['undo', '--yes'],
    ['dependents', 'alpine:3.7'],
  ]) {
    expectError(await rebaseImage(args, { engine }), 6, message);
  }
  expect(diffTrees(before, everything(engine))).to.deep.equal([]);
}

/** A dry run on the stopped engine's store, as the host's daemon.json with these settings says. */
function told(engine: Engine, settings: object): Promise<CommandResult> {
  const json = JSON.stringify({ ...settings, 'data-root': engine.dataRoot });
  return rebaseImageWithEtc({ 'docker/daemon.json': json }, [...REBASE, '--dry-run']);
}

function driver(engine: Engine): Promise<string> {
  return engine.docker('info', '--format', '{{.Driver}}');
}
