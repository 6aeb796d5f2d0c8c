/** What goes wrong on a real host, and what the host looks like afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { cliCommand, rebaseImage } from './support/cli.ts';
import { type Engine, quote, startEngine } from './support/engine.ts';
import { buildImage, run } from './support/images.ts';
import {
  buildApp,
  commands,
  expectError,
  imageStore,
  importAll,
  listed,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  storeState,
  whileStopped,
} from './support/scenario.ts';

interface Document {
  readonly store: { readonly layers: readonly { readonly chainId: string }[] };
}

interface Status {
  readonly open: readonly { readonly state: string }[];
}

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];

describe('a failure', () => {
  let engine: Engine;
  let oldId: string;
  let planned: Document;

  before(async () => {
    engine = await startEngine();
    await importAll(engine);
    oldId = await listed(engine, TAG);
    planned = await rebaseJson<Document>(engine, [...REBASE, '--dry-run']);
    // 300 MB that a copy is busy with for a while.
    await buildImage(
      engine,
      'large:1',
      'FROM alpine:3.7\nRUN dd if=/dev/zero of=/large bs=1M count=300 2>/dev/null\n',
    );
  });
  after(() => engine.dispose());
  beforeEach('is by itself, whatever the test before has left', async () => {
    const { open } = await rebaseJson<Status>(engine, ['status']);
    if (open.length > 0) await rebase(engine, ['abort']);
    await engine.start();
    if ((await listed(engine, TAG)) !== oldId) await rebase(engine, ['undo', '--yes']);
    expect(await listed(engine, TAG)).to.equal(oldId);
  });

  describe('in the restart', () => {
    it('of the stop command: dockerd runs on, and nothing is changed', async () => {
      const before = storeState(engine);
      const pid = engine.pid;
      const args = [...REBASE, '--yes', '--restart', ...commands(engine, { stop: 'exit 7' })];
      const result = await rebase(engine, args, { status: 1 });
      expectError(result, 1, /stop command ended with exit code 7/);
      expect(engine.pid).to.equal(pid);
      expect(await listed(engine, TAG)).to.equal(oldId);
      await expectNothingOpen();
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    });

    it('of the first start command: everything is taken back and dockerd is up', async () => {
      const start = firstTime('exit 7');
      await expectTakenBack(start, /start command ended with exit code 7/);
    });

    it('of a start command that is killed: the same', async () => {
      const start = firstTime('kill -9 $$');
      await expectTakenBack(start, /start command ended with exit code 137/);
    });

    it('of a start that loses the new image: the same', async () => {
      const chain = planned.store.layers[0]?.chainId.slice(7) ?? '';
      const layer = join(engine.dataRoot, 'image/overlay2/layerdb/sha256', chain);
      const start = firstTime(`rm -r ${quote(layer)}`);
      await expectTakenBack(start, /dockerd did not take the result/);
    });

    it('for ever: exit 4, and resume goes on when dockerd starts again', async () => {
      const broken = join(engine.folder, 'broken');
      writeFileSync(broken, '');
      const start = script(
        'mended-later',
        `[ ! -e ${quote(broken)} ] || exit 1\nexec ${engine.startCommand}`,
      );
      const args = [...REBASE, '--yes', '--restart', ...commands(engine, { start })];
      const result = await rebaseImage(args, { engine });
      const status = (await rebase(engine, ['status'])).stdout;
      const { pid } = engine;
      rmSync(broken);
      await rebase(engine, ['resume']);
      expect(pid).to.equal(undefined);
      expect(engine.pid).to.be.a('number');
      await expectNothingOpen();
      expect(status).to.match(/rebase-image resume/);
      // Not 1: the host is not as it was while its dockerd is down.
      expectError(result, 4, /dockerd/);
    });
  });

  describe('of rebase-image itself, killed', () => {
    it('while it copies: resume says what to do, abort cleans up, dockerd works', async () => {
      // A first container marks the layer that it stands on as a parent, for good.
      await run(engine, 'large:1', 'true');
      await engine.stop();
      const before = storeState(engine);
      await killedWhile(
        ['large:1', '--onto', 'alpine:3.12', '--yes', '--clone', 'copy'],
        () => stagingFolders().length > 0,
      );
      expect(diffTrees(before, storeState(engine))).to.not.deep.equal([]);

      // dockerd does not mind what lies about.
      await engine.start();
      expect(await run(engine, 'large:1', ...RELEASE)).to.equal(OLD_RELEASE);
      await engine.stop();

      const again = await rebase(engine, ['large:1', '--onto', 'alpine:3.12', '--yes'], {
        status: 5,
      });
      expectError(again, 5, /interrupted/);
      expectError(await rebase(engine, ['resume'], { status: 1 }), 1, /not staged whole/);
      await rebase(engine, ['abort']);
      await expectNothingOpen();
      expect(diffTrees(before, storeState(engine)).filter(isOfImages)).to.deep.equal([]);
    });

    it('while it copies: an abort at once leaves nothing either', async () => {
      await engine.stop();
      const before = storeState(engine);
      await killedWhile(
        ['large:1', '--onto', 'alpine:3.12', '--yes', '--clone', 'copy'],
        () => stagingFolders().length > 0,
      );
      await rebase(engine, ['abort']);
      // Should the copy have outlived its parent, it would write on.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    });

    for (const [command, release] of [
      ['resume', NEW_RELEASE],
      ['abort', OLD_RELEASE],
    ] as const) {
      it(`while dockerd is down: ${command} starts it again`, async () => {
        const down = join(engine.folder, 'down');
        rmSync(down, { force: true });
        const stop = script(
          'slow-stop',
          `${engine.stopCommand}\n: >${quote(down)}\nwhile [ -e ${quote(down)} ]; do sleep 0.05; done`,
        );
        const args = [...REBASE, '--yes', '--restart', ...commands(engine, { stop })];
        await killedWhile(args, () => existsSync(down));
        rmSync(down);
        expect(engine.pid).to.equal(undefined);
        expect((await rebase(engine, ['status'])).stdout).to.match(/rebase-image abort/);

        await rebase(engine, [command]);
        expect(engine.pid).to.be.a('number');
        expect(await run(engine, TAG, ...RELEASE)).to.equal(release);
        await expectNothingOpen();
        if (command === 'resume') await rebase(engine, ['undo', '--yes']);
        expect(await listed(engine, TAG)).to.equal(oldId);
      });
    }
  });

  it('by a signal while it copies takes back what was staged', async () => {
    await whileStopped(engine, async () => {
      const before = storeState(engine);
      for (const [signal, status] of [
        ['SIGTERM', 143],
        ['SIGHUP', 129],
        ['SIGINT', 130],
      ] as const) {
        const args = ['large:1', '--onto', 'alpine:3.12', '--yes', '--clone', 'copy'];
        const ended = await killedWhile(args, () => stagingFolders().length > 0, signal);
        expect(ended.status, ended.stderr).to.equal(status);
        expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      }
      await expectNothingOpen();
    });
  });

  it('of two runs at once: the second is told so', async () => {
    const waiting = join(engine.folder, 'waiting');
    const stop = script(
      'waits',
      `: >${quote(waiting)}; while [ -e ${quote(waiting)} ]; do sleep 0.05; done; ${engine.stopCommand}`,
    );
    await buildApp(engine, 'beside:1', { files: { 'app/a': 'beside' } });
    const args = [...REBASE, '--yes', '--restart', ...commands(engine, { stop })];
    const first = rebaseImage(args, { engine });
    await until(() => existsSync(waiting));
    const second = ['beside:1', '--onto', 'alpine:3.12', '--yes'];
    const refused = await rebaseImage([...second, '--no-restart'], { engine });
    rmSync(waiting);
    const done = await first;
    expectError(refused, 5, /another|lock|running/i);
    expect(done.status, done.stderr).to.equal(0);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    await rebase(engine, [...second, ...restarting(engine)]);
    await rebase(engine, ['undo', '--yes']);
    await rebase(engine, ['undo', '--yes']);
  });

  /** The daemon comes up without the result the first time, and the run takes everything back. */
  async function expectTakenBack(start: string, problem: RegExp): Promise<void> {
    const before = imageStore(engine);
    const args = [...REBASE, '--yes', '--restart', ...commands(engine, { start })];
    const result = await rebase(engine, args, { status: 1 });
    expectError(result, 1, problem);
    expect(result.stderr).to.match(/taken back/);
    expect(engine.pid).to.be.a('number');
    expect(await listed(engine, TAG)).to.equal(oldId);
    expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
    await expectNothingOpen();
    expect(diffTrees(before, imageStore(engine))).to.deep.equal([]);
  }

  async function expectNothingOpen(): Promise<void> {
    expect((await rebaseJson<Status>(engine, ['status'])).open).to.deep.equal([]);
  }

  /** A shell script for --stop-command or --start-command. */
  function script(name: string, body: string): string {
    const path = join(engine.folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return quote(path);
  }

  /** A start command that does something else, or more, when it runs for the first time. */
  function firstTime(what: string): string {
    const mark = join(engine.folder, 'first-time');
    rmSync(mark, { force: true });
    return script(
      'start-at-last',
      `if [ ! -e ${quote(mark)} ]; then : >${quote(mark)}; ${what}; fi\nexec ${engine.startCommand}`,
    );
  }

  function overlay(): string {
    return join(engine.dataRoot, 'overlay2');
  }

  /** Folders of the store that are there only while something is being staged. */
  function stagingFolders(): string[] {
    const known = /^([0-9a-f]{64}(-init)?|[0-9a-z]{25}|l|backingFsBlockDev)$/;
    return readdirSync(overlay()).filter((name) => !known.test(name));
  }

  /** Runs the command, sends it the signal once something has come, and waits for its end. */
  async function killedWhile(
    args: readonly string[],
    ready: () => boolean,
    signal: NodeJS.Signals = 'SIGKILL',
  ): Promise<{ status: number | null; stderr: string }> {
    const { file, args: words, env } = cliCommand(args, { engine });
    const child = spawn(file, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = once(child, 'exit');
    await until(() => {
      if (child.exitCode !== null) throw new Error(`it has ended already:\n${stderr}`);
      return ready();
    });
    child.kill(signal);
    await ended;
    return { status: child.exitCode, stderr };
  }
});

function isOfImages(line: string): boolean {
  return /^. (image|overlay2)\//.test(line);
}

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; !holds(); round += 1) {
    if (round > 60_000) throw new Error('it does not come');
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}
