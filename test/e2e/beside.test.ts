/** What others do at the same time: a second run, docker's own commands, dockerd's comings and goings. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { problemsIn } from '../api/stopped-store.ts';
import { diffTrees } from '../support/tree-state.ts';
import { cliCommand, rebaseImage } from './support/cli.ts';
import { type CommandResult, type Engine, execute, startEngine } from './support/engine.ts';
import { buildImage, importBase, run } from './support/images.ts';
import { type HeldTool, holdTool } from './support/hold-tool.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { proxyOf } from './support/socket-proxy.ts';
import {
  buildApp,
  expectError,
  importBases,
  listed,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  storeState,
  tagOnDisk,
  tagsOnDisk,
} from './support/scenario.ts';

interface Status {
  readonly open: readonly { readonly state: string }[];
  readonly pendingRestart: readonly { readonly tag: string; readonly after: string }[];
  readonly overwritten: readonly { readonly tag: string }[];
}

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];

describe('beside a run', () => {
  let engine: Engine;
  let registry: Registry;
  let oldId: string;
  let held: HeldTool | undefined;

  before(async () => {
    registry = await startRegistry();
    engine = await startEngine();
    await importBases(engine);
    oldId = await buildApp(engine);
  });
  after(async () => {
    await engine.dispose();
    await registry.stop();
  });
  beforeEach(
    'every test begins with the old image, a running dockerd, and nothing open',
    async () => {
      await engine.start();
      if ((await status()).open.length > 0) await rebase(engine, ['abort']);
      const containers = (await engine.docker('ps', '-aq')).split('\n').filter(Boolean);
      if (containers.length > 0) await engine.docker('rm', '-f', ...containers);
      await engine.docker('tag', oldId, TAG);
    },
  );
  afterEach(() => {
    held?.release();
    held = undefined;
  });

  describe('another run', () => {
    it('is refused at once, or waits for its turn and then finds nothing to do', async () => {
      held = holdTool('sync');
      const args = [...REBASE, '--yes', '--no-restart'];
      const first = rebaseImage(args, { engine, env: held.env });
      await held.reached();
      for (const wait of ['0', '0.2']) {
        const result = await rebase(engine, [...args, '--lock-timeout', wait], { status: 5 });
        expectError(result, 5, /another process holds the lock/);
      }
      for (const command of ['undo', 'resume', 'abort', 'prune']) {
        const result = await rebase(engine, [command], { status: 5 });
        expectError(result, 5, /another process holds the lock|transaction \d+/);
      }
      const second = rebaseImage([...args, '--lock-timeout', '120', '--json'], { engine });
      held.release();
      expectDone(await first);
      const waited = await second;
      expectDone(waited);
      expect(JSON.parse(waited.stdout)).to.include({ changed: false });
      await restartedOnNew();
    });
  });

  describe('dockerd, while layers are staged,', () => {
    it('is started: published beside it', async () => {
      await fresh();
      await engine.stop();
      const result = await heldAt('cp', () => engine.start());
      expectDone(result);
      expect(await listed(engine, TAG)).to.equal(oldId);
      expect((await status()).pendingRestart.map(({ tag }) => tag)).to.deep.equal([TAG]);
      await restartedOnNew();
    });

    for (const [what, tool, stop] of [
      ['stopped', 'cp', () => engine.stop()],
      ['killed', 'sync', () => engine.kill()],
    ] as const) {
      it(`is ${what}: published without it`, async () => {
        await fresh();
        const result = await heldAt(tool, stop);
        expectDone(result);
        expect(result.stdout).to.not.match(/next start/);
        await restartedOnNew();
      });
    }

    it('is restarted and does other things: published beside the next one', async () => {
      await fresh();
      const result = await heldAt('sync', async () => {
        await engine.restart();
        await engine.docker('tag', 'alpine:3.12', 'other:1');
      });
      expectDone(result);
      await restartedOnNew();
      expect(await listed(engine, 'other:1')).to.equal(await listed(engine, 'alpine:3.12'));
    });
  });

  describe('docker, around the rename of the tags,', () => {
    for (const [nth, when] of [
      [1, 'answered'],
      [2, 'before'],
      [2, 'answered'],
    ] as const) {
      const list = nth === 1 ? 'the list before it' : 'the list after it';
      const moment = when === 'before' ? `before ${list}` : `after ${list}`;

      it(`makes, moves and removes tags ${moment}: none of that is lost`, async () => {
        await engine.docker('tag', 'alpine:3.7', 'moves:1');
        await engine.docker('tag', 'alpine:3.7', 'goes:1');
        const newBase = await listed(engine, 'alpine:3.12');
        const result = await hooked({ nth, when }, async () => {
          await engine.docker('tag', 'alpine:3.12', 'comes:1');
          await engine.docker('tag', 'alpine:3.12', 'moves:1');
          await engine.docker('rmi', 'goes:1');
        });
        expectDone(result);
        // dockerd may have written its own old tag over ours: then that is said, and mended.
        const { overwritten } = await status();
        if (overwritten.length > 0) await rebase(engine, ['resume']);
        expect(tagsOnDisk(engine)).to.include({ 'comes:1': newBase, 'moves:1': newBase });
        expect(tagsOnDisk(engine)).to.not.have.property('goes:1');
        await restartedOnNew();
        expect(await listed(engine, 'comes:1')).to.equal(newBase);
        expect(await listed(engine, 'goes:1')).to.equal('');
        await engine.docker('rmi', 'comes:1', 'moves:1');
      });
    }
  });

  describe('dockerd, around the rename of the tags,', () => {
    for (const [nth, when] of [
      [1, 'answered'],
      [2, 'before'],
    ] as const) {
      it(`is killed ${nth === 1 ? 'before' : 'after'} it: the run ends well or clean`, async () => {
        const result = await hooked({ nth, when }, () => engine.kill());
        expect([0, 1, 4], result.stderr).to.include(result.status);
        await engine.start();
        if ((await status()).open.length > 0) await rebase(engine, ['resume', '--yes']);
        if (tagOnDisk(engine, TAG) === oldId) {
          expect(result.status).to.equal(1);
          expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
        } else {
          await restartedOnNew();
        }
      });
    }
  });

  describe('containers that live on without dockerd', () => {
    it('keep what they were made from, and are named', async () => {
      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      await engine.docker(
        ...['run', '-d', '--name', 'survivor', '--stop-signal', 'KILL', '--network', 'none', TAG],
        ...['sleep', '100000'],
      );
      const newId = await listed(engine, TAG);
      await engine.kill();
      const before = storeState(engine);
      const { stdout } = await rebase(engine, [
        ...[TAG, '--onto', 'alpine:3.7', '--from', 'alpine:3.12', '--dry-run'],
      ]);
      expect(stdout).to.match(/survivor/);
      expectError(await rebase(engine, ['undo', '--yes'], { status: 3 }), 3, /survivor/);
      await rebase(engine, ['prune', '--yes']);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      await engine.start();
      expect(await listed(engine, TAG)).to.equal(newId);
    });

    it('under live-restore, see nothing of a rebase of their image', async () => {
      writeFileSync(engine.configFile, '{"live-restore": true}\n');
      await engine.restart();
      await engine.docker(
        ...['run', '-d', '--name', 'survivor', '--network', 'none', '--restart', 'always', TAG],
        ...['sh', '-c', 'while :; do cat /etc/alpine-release; sleep 0.1; done'],
      );
      await engine.stop();
      expect((await rebase(engine, [...REBASE, '--dry-run'])).stdout).to.match(/survivor/);
      await rebase(engine, [...REBASE, '--yes', '--clone', 'link']);
      await restartedOnNew();
      expect(await engine.docker('exec', 'survivor', ...RELEASE)).to.equal(OLD_RELEASE);
      const said = new Set((await engine.docker('logs', 'survivor')).split('\n'));
      expect([...said]).to.deep.equal([OLD_RELEASE]);
      await engine.docker('rm', '-f', 'survivor');
      writeFileSync(engine.configFile, '{}\n');
      await engine.restart();
    });
  });

  it('docker pulls, builds, tags, removes and prunes all the time, and loses nothing', async () => {
    const apps = ['busy:1', 'busy:2', 'busy:3', 'busy:4'];
    for (const app of apps) await buildApp(engine, app, { files: { 'app/name': app } });
    const pulled = `${registry.host}/pulled:1`;
    await importBase(engine, pulled, { 'etc/pulled': 'pulled\n' });
    await engine.docker('push', pulled);
    await engine.docker('rmi', pulled);

    const docker = busyDocker(pulled);
    for (const [index, app] of apps.entries()) {
      // Those without a restart last: a restart after docker has overwritten a tag loads its
      // result untagged, for the next prune to take.
      const restart = index < 2 ? restarting(engine) : ['--no-restart'];
      const turns = docker.turns();
      const result = await rebaseImage(
        [app, '--onto', 'alpine:3.12', '--keep-old', '--yes', ...restart],
        { engine },
      );
      expectDone(result);
      await docker.afterTurn(turns);
    }
    await docker.afterTurn(docker.turns());
    const expected = await docker.stop();
    if ((await status()).overwritten.length > 0) await rebase(engine, ['resume']);
    await engine.stop();
    expect(problemsIn(engine.dataRoot)).to.deep.equal([]);
    await engine.start();
    for (const app of apps) expect(await run(engine, app, ...RELEASE), app).to.equal(NEW_RELEASE);
    expect(expected.size).to.be.at.least(3);
    for (const [tag, id] of expected) expect(await listed(engine, tag), tag).to.equal(id);
  });

  /** Docker's own commands, one after the other, on names of their own; what failed is not counted. */
  function busyDocker(pulled: string): {
    readonly turns: () => number;
    readonly afterTurn: (turns: number) => Promise<void>;
    readonly stop: () => Promise<ReadonlyMap<string, string>>;
  } {
    const expected = new Map<string, string>();
    const stopping = new AbortController();
    let turns = 0;
    const did = async (...args: string[]): Promise<boolean> =>
      (await engine.dockerTry(...args)).status === 0;
    const ended = (async () => {
      const base = await listed(engine, 'alpine:3.7');
      for (; !stopping.signal.aborted; turns += 1) {
        const made = `made:${turns}`;
        if (await did('tag', base, made)) expected.set(made, base);
        if (turns > 0) {
          const last = `made:${turns - 1}`;
          // Whether a removal that was cut off has come through is not known.
          expected.delete(last);
          await did('rmi', last);
        }
        const built = `built:${turns}`;
        const dockerfile = `FROM alpine:3.7\nCOPY file /file\nLABEL turn=${turns}\n`;
        const id = await buildImage(engine, built, dockerfile, {
          files: { file: built },
        }).catch(() => undefined);
        if (id !== undefined) expected.set(built, id);
        if (await did('pull', '-q', pulled)) await did('rmi', pulled);
        await did('image', 'prune', '-f');
      }
    })();
    return {
      turns: () => turns,
      async afterTurn(since) {
        while (turns <= since) await new Promise((resolve) => setTimeout(resolve, 20));
      },
      async stop() {
        stopping.abort();
        await ended;
        return expected;
      },
    };
  }

  /** Gives the app another content, so that no run finds layers of an earlier one to use again. */
  async function fresh(): Promise<void> {
    oldId = await buildApp(engine, TAG, {
      files: { 'app/fresh': String(process.hrtime.bigint()) },
    });
  }

  /** A run that is held at its first call of a tool while something happens. */
  async function heldAt(tool: 'cp' | 'sync', work: () => Promise<void>): Promise<CommandResult> {
    held = holdTool(tool);
    const running = rebaseImage([...REBASE, '--yes', '--no-restart'], { engine, env: held.env });
    await held.reached();
    await work();
    held.release();
    return running;
  }

  /** A run at one of whose lists of images something happens. */
  async function hooked(
    moment: { readonly nth: number; readonly when: 'before' | 'answered' },
    work: () => Promise<unknown>,
  ): Promise<CommandResult> {
    await fresh();
    // Staged before, so that the lists are those around the rename.
    await rebase(engine, [...REBASE, '--yes', '--stage-only']);
    let happened = false;
    const proxy = await proxyOf(engine, {
      call: 'GET /images/json',
      ...moment,
      work: async () => {
        happened = true;
        await work();
      },
    });
    try {
      const { file, args, env } = cliCommand(['resume', '--no-restart'], { engine: proxy.engine });
      const result = await execute(file, args, { env });
      expect(happened, result.stderr).to.equal(true);
      return result;
    } finally {
      await proxy.stop();
    }
  }

  function status(): Promise<Status> {
    return rebaseJson<Status>(engine, ['status']);
  }

  function expectDone(result: CommandResult): void {
    expect(result.status, result.stderr).to.equal(0);
  }

  async function restartedOnNew(): Promise<void> {
    const expected = tagOnDisk(engine, TAG);
    await engine.restart();
    expect(await listed(engine, TAG))
      .to.equal(expected)
      .and.not.equal(oldId);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    expect(await run(engine, oldId, ...RELEASE)).to.equal(OLD_RELEASE);
    expect((await status()).open).to.deep.equal([]);
  }
});
