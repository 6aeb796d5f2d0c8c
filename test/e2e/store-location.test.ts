/** Where a store may lie, on real daemons: found there, rebased there, and taken back. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Engine, execute, startEngine } from './support/engine.ts';
import { diffIds, run, saveAndHash } from './support/images.ts';
import { dockerdWithEtc, rebaseImageWithEtc } from './support/private-etc.ts';
import {
  expectError,
  importAll,
  importBases,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
} from './support/scenario.ts';

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];
const DOCKERD = process.env['E2E_DOCKERD'] ?? 'dockerd';

describe('a data-root', () => {
  for (const key of ['data-root', 'graph'] as const) {
    describe(`that "${key}" of daemon.json names`, () => {
      let engine: Engine;

      before(async () => {
        // dockerd 23 and later do not start with the old key; where it was written, it may still be.
        const dataRootKey = key === 'graph' && (await majorVersion()) < 23 ? key : 'data-root';
        engine = await startEngine({ dataRootKey });
        await importAll(engine);
      });
      after(() => engine.dispose());

      it('is found while dockerd runs, and while it is stopped', async () => {
        expect(await host()).to.deep.equal({ storeRoot: engine.dataRoot, running: true });
        await configured([...REBASE, '--yes', '--no-restart']);
        await engine.restart();
        expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);

        await engine.stop();
        await configured(['undo', '--yes']);
        expect(await host()).to.deep.equal({ storeRoot: engine.dataRoot, running: false });
        await engine.start();
        expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
      });

      it('is not taken for the one that --data-root names', async () => {
        const args = [...REBASE, '--dry-run', '--data-root', join(engine.folder, 'nowhere')];
        const result = await rebaseImageWithEtc(daemonJson(), args);
        expectError(result, 6, /there is no data-root .*nowhere/);
      });

      /** Runs the command with nothing but this daemon.json to find the store by. */
      async function configured(args: readonly string[]): Promise<string> {
        const { status, stdout, stderr } = await rebaseImageWithEtc(daemonJson(), args);
        expect(status, stderr).to.equal(0);
        return stdout;
      }

      async function host(): Promise<Host> {
        return hostOf(await configured(['status', '--json']));
      }

      function daemonJson(): Record<string, string> {
        return { 'docker/daemon.json': JSON.stringify({ [key]: engine.dataRoot }) };
      }
    });
  }

  describe('that is not simply a folder', () => {
    let engine: Engine;
    let real: string;

    before(async () => {
      engine = await startEngine();
      await importAll(engine);
      real = join(engine.folder, 'elsewhere');
    });
    after(() => engine.dispose());

    it('but a symlink to one', async () => {
      await engine.stop();
      renameSync(engine.dataRoot, real);
      symlinkSync(real, engine.dataRoot);
      await thereAndBack();
      rmSync(engine.dataRoot);
      renameSync(real, engine.dataRoot);
    });

    it('but a file system of its own', async () => {
      await engine.stop();
      renameSync(engine.dataRoot, real);
      mkdirSync(engine.dataRoot);
      must('mount', '-t', 'tmpfs', '-o', 'size=512m', 'rebase-image-test', engine.dataRoot);
      must('cp', '-a', `${real}/.`, engine.dataRoot);
      await thereAndBack();
      must('umount', engine.dataRoot);
      rmdirSync(engine.dataRoot);
      renameSync(real, engine.dataRoot);
    });

    it('but has overlay2 mounted in it, which dockerd unmounts when it stops', async () => {
      await engine.stop();
      const overlay = join(engine.dataRoot, 'overlay2');
      renameSync(overlay, real);
      mkdirSync(overlay, { mode: 0o710 });
      // Shared, as on a host with systemd: else dockerd hides what is mounted below its data-root.
      must('mount', '--bind', engine.dataRoot, engine.dataRoot);
      must('mount', '--make-shared', engine.dataRoot);
      must('mount', '--bind', real, overlay);
      await engine.start();
      const refused = await rebase(engine, [...REBASE, '--yes', ...restarting(engine)], {
        status: 1,
      });
      expectError(refused, 1, /will not be restarted: .*overlay2 is a mount of its own/);
      await rebase(engine, [...REBASE, '--yes', '--no-restart']);
      await engine.stop();
      expect(readdirSync(overlay)).to.deep.equal([]);

      must('mount', '--bind', real, overlay);
      await engine.start();
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      await rebase(engine, ['undo', '--yes']);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
    });

    /** From dockerd stopped to dockerd stopped: a rebase and its undo each way. */
    async function thereAndBack(): Promise<void> {
      await rebase(engine, [...REBASE, '--yes']);
      await engine.start();
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      await rebase(engine, ['undo', '--yes']);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      await engine.stop();
      await rebase(engine, ['undo', '--yes']);
      await rebase(engine, ['doctor', '--deep']);
    }
  });
});

describe('a store under userns-remap', () => {
  const FIRST_ID = 231072;
  const RANGE = `daemon:${FIRST_ID}:65536\n`;
  const REMAPPED = { 'userns-remap': 'daemon' };
  let engine: Engine;
  let root: string;

  before(async () => {
    // The machine's own users get no subordinate IDs.
    const etc = { subuid: RANGE, subgid: RANGE };
    engine = await startEngine({ daemon: dockerdWithEtc(etc, DOCKERD) });
    root = join(engine.dataRoot, `${FIRST_ID}.${FIRST_ID}`);
    // As on most hosts, there were images before users were remapped.
    await importBases(engine);
    await engine.stop();
    writeFileSync(engine.configFile, JSON.stringify(REMAPPED));
    await engine.start();
    expect(await engine.docker('info', '--format', '{{.DockerRootDir}}')).to.equal(root);
    await importAll(engine);
  });
  after(() => engine.dispose());

  it('is found by --data-root while dockerd runs, and shown', async () => {
    const { stdout } = await rebase(engine, ['status', '--json']);
    expect(hostOf(stdout)).to.deep.equal({ storeRoot: root, running: true });
  });

  it('is rebased where it is, and its containers run on the new base', async () => {
    await rebase(engine, [...REBASE, '--yes', '--clone', 'copy', ...restarting(engine)]);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    expect(await run(engine, TAG, 'stat', '-c', '%u:%g', '/app/hello', '/etc')).to.equal(
      '0:0\n0:0',
    );
    expect(
      await run(engine, TAG, 'sh', '-c', 'echo more >>/app/hello && tail -1 /app/hello'),
    ).to.equal('more');
    const saved = await saveAndHash(engine, TAG);
    expect(saved.map((layer) => layer.saved)).to.deep.equal(await diffIds(engine, TAG));
    expect(existsSync(join(root, 'rebase-image'))).to.equal(true);
    expect(existsSync(join(engine.dataRoot, 'rebase-image'))).to.equal(false);
  });

  it('has new folders and files with the owners of those that dockerd made', async () => {
    interface Document {
      readonly store: {
        readonly layers: readonly {
          readonly cacheId: string;
          readonly source: { readonly cacheId: string };
        }[];
      };
    }
    await rebase(engine, ['undo', '--yes']);
    const planned = await rebaseJson<Document>(engine, [...REBASE, '--yes']);
    expect(planned.store.layers).to.have.length(1);
    for (const { cacheId, source } of planned.store.layers) {
      for (const name of ['.', 'diff', 'diff/app', 'diff/app/hello', 'work', 'link', 'lower']) {
        expect(owner(cacheId, name), name).to.equal(owner(source.cacheId, name));
      }
      expect(owner(cacheId, 'diff/app/hello')).to.match(new RegExp(`^${FIRST_ID}:${FIRST_ID} `));
    }
    await engine.restart();
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    await rebase(engine, ['doctor', '--deep']);
  });

  it('is one of two while dockerd is stopped: refused, until daemon.json or a name tells', async () => {
    await engine.stop();
    const result = await rebase(engine, ['undo', '--yes'], { status: 6 });
    expectError(result, 6, /there are several stores/);
    expect(result.stderr).to.contain(`${engine.dataRoot}, ${root}`);
    expect(result.stderr).to.contain(`--data-root ${root}`);

    const json = JSON.stringify({ ...REMAPPED, 'data-root': engine.dataRoot });
    const etc = { 'docker/daemon.json': json };
    const told = await rebaseImageWithEtc(etc, ['status', '--json']);
    expect(hostOf(told.stdout)).to.deep.equal({ storeRoot: root, running: false });

    const named = { ...engine, dataRoot: root, pid: undefined };
    await rebase(named, ['undo', '--yes']);
    await engine.start();
    expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
  });

  function owner(cacheId: string, name: string): string {
    const { uid, gid, mode } = statSync(join(root, 'overlay2', cacheId, name));
    return `${uid}:${gid} ${mode.toString(8)}`;
  }
});

interface Host {
  readonly storeRoot: string;
  readonly running: boolean;
}

/** The host of a document of --json. */
function hostOf(stdout: string): Host {
  const { host } = JSON.parse(stdout) as { host: { storeRoot: string; daemon: Host } };
  return { storeRoot: host.storeRoot, running: host.daemon.running };
}

async function majorVersion(): Promise<number> {
  const { stdout } = await execute(DOCKERD, ['--version'], {
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  return Number(/version (\d+)/.exec(stdout)?.[1]);
}

function must(file: string, ...args: string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
