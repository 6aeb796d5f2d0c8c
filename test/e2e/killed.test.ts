/**
 * The built program, killed and failed at its system calls by strace on a real store, and told to end
 * by a signal while dockerd is down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { diffTrees, type TreeState } from '../support/tree-state.ts';
import { cliCommand } from './support/cli.ts';
import { type CommandResult, type Engine, execute, quote, startEngine } from './support/engine.ts';
import { run } from './support/images.ts';
import {
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
  tagOnDisk,
} from './support/scenario.ts';

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];
const YES = [...REBASE, '--yes'];
const EXIT_OF_SIGKILL = 128 + 9;

/** System calls that change names or make them durable, by whatever name an architecture has them. */
const CALLS = {
  rename: '/^rename(at2?)?$',
  fsync: '/^fsync$',
  symlink: '/^symlink(at)?$',
  mkdir: '/^mkdir(at)?$',
} as const;
type Call = keyof typeof CALLS;

interface Status {
  readonly open: readonly { readonly transaction: number; readonly state: string }[];
}

describe('the built program', () => {
  let engine: Engine;
  let oldId: string;
  let original: TreeState;
  /** How often a whole rebase makes each call. */
  let counts: Record<Call, number>;

  before(async () => {
    engine = await startEngine();
    await importAll(engine);
    oldId = await listed(engine, TAG);
    await engine.docker('create', '--name', 'box', '--network', 'none', TAG, ...RELEASE);
    // A first container marks the layer that it stands on as a parent, for good.
    await run(engine, oldId, ...RELEASE);
    await engine.docker('start', '--attach', 'box');
    await engine.stop();
    original = imageStore(engine);
    counts = await countCalls();
    await rebase(engine, ['undo', '--yes']);
    expect(diffTrees(original, imageStore(engine))).to.deep.equal([]);
  });
  after(() => engine.dispose());
  beforeEach('is by itself, whatever the test before has left', async () => {
    if ((await openTransactions()).length > 0) await rebase(engine, ['abort']);
    if (tagOnDisk(engine, TAG) !== oldId) await rebase(engine, ['undo', '--yes']);
  });

  describe('killed at a system call', () => {
    // Which of the calls: the first, the one in the middle, the last.
    const samples: readonly [Call, 'first' | 'middle' | 'last', 'resume' | 'abort'][] = [
      ['mkdir', 'middle', 'resume'],
      ['symlink', 'first', 'abort'],
      ['rename', 'first', 'abort'],
      ['rename', 'middle', 'resume'],
      ['rename', 'last', 'abort'],
      ['fsync', 'middle', 'abort'],
      ['fsync', 'last', 'resume'],
    ];
    for (const [call, which, command] of samples) {
      it(`${which} ${call}: dockerd starts, the old image and a container run, ${command} ends it`, async () => {
        const killed = await traced(YES, inject(call, which, 'signal=KILL'));
        expect(killed.status, killed.stderr).to.equal(EXIT_OF_SIGKILL);

        await engine.start();
        expect(await run(engine, oldId, ...RELEASE)).to.equal(OLD_RELEASE);
        expect(await engine.docker('start', '--attach', 'box')).to.equal(OLD_RELEASE);
        await engine.stop();

        await settle(command);
        const left = diffTrees(original, imageStore(engine));
        expect(left).to.deep.equal([]);
      });
    }
  });

  describe('with a system call that fails', () => {
    const samples: readonly [Call, 'first' | 'middle' | 'last', string][] = [
      ['mkdir', 'last', 'ENOSPC'],
      ['symlink', 'first', 'EMFILE'],
      ['rename', 'first', 'EIO'],
      ['rename', 'middle', 'ENOSPC'],
      ['rename', 'last', 'EROFS'],
      ['fsync', 'first', 'EIO'],
      ['fsync', 'middle', 'ENOSPC'],
      ['fsync', 'last', 'EIO'],
    ];
    for (const [call, which, errno] of samples) {
      it(`${which} ${call}, ${errno}: one line, and the store as it says`, async () => {
        const failed = await traced(YES, inject(call, which, `error=${errno}`));
        const open = await openTransactions();
        expectError(failed, open.length > 0 ? 4 : 1, new RegExp(errno));
        if (open.length > 0) {
          expect(failed.stderr).to.contain(`ransaction ${open[0]!.transaction}`);
          await rebase(engine, ['abort']);
        }
        expect(diffTrees(original, imageStore(engine))).to.deep.equal([]);
      });
    }
  });

  describe('in the restart', () => {
    beforeEach(() => engine.start());
    afterEach(() => engine.stop());

    for (const [command, release] of [
      ['resume', NEW_RELEASE],
      ['abort', OLD_RELEASE],
    ] as const) {
      it(`killed at the commit, with dockerd down: ${command} starts it again`, async () => {
        const args = [...YES, ...restarting(engine)];
        const killed = await traced(args, inject('rename', 'last', 'signal=KILL'));
        expect(killed.status, killed.stderr).to.equal(EXIT_OF_SIGKILL);
        expect(engine.pid, 'dockerd is down').to.equal(undefined);
        await rebase(engine, [command]);
        expect(engine.pid).to.be.a('number');
        expect(await run(engine, TAG, ...RELEASE)).to.equal(release);
        if (command === 'resume') await rebase(engine, ['undo', '--yes']);
        expect(await listed(engine, TAG)).to.equal(oldId);
      });
    }

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`goes on to its end when ${signal} comes between stop and start`, async () => {
        const down = join(engine.folder, 'down');
        const told = join(engine.folder, 'told');
        for (const mark of [down, told]) rmSync(mark, { force: true });
        const stop = script(
          'told-while-down',
          `${engine.stopCommand}\n: >${quote(down)}\nwhile [ ! -e ${quote(told)} ]; do sleep 0.05; done`,
        );
        const { file, args, env } = cliCommand(
          [...YES, '--restart', ...commands(engine, { stop })],
          { engine },
        );
        const child = spawn(file, args, { env, stdio: 'ignore' });
        const ended = once(child, 'exit');
        await until(
          () => existsSync(down),
          () => child.exitCode === null,
        );
        expect(engine.pid).to.equal(undefined);
        child.kill(signal);
        writeFileSync(told, '');
        await ended;
        expect(child.signalCode, 'no signal ended it').to.equal(null);
        expect(engine.pid, 'dockerd is up').to.be.a('number');
        expect(await openTransactions()).to.deep.equal([]);
        expect(child.exitCode).to.equal(0);
        expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
        await rebase(engine, ['undo', '--yes']);
        expect(await listed(engine, TAG)).to.equal(oldId);
      });
    }
  });

  /** Rebases once under strace, and counts its calls. */
  async function countCalls(): Promise<Record<Call, number>> {
    const log = join(engine.folder, 'calls');
    const done = await traced(YES, [
      '-o',
      log,
      '-e',
      `trace=${Object.keys(CALLS)
        .map((one) => CALLS[one as Call])
        .join(',')}`,
    ]);
    // Without ptrace nothing here is tested, and that must be seen.
    expect(done.status, `strace must be allowed to trace: ${done.stderr}`).to.equal(0);
    const lines = readFileSync(log, 'utf8').split('\n');
    const count = (call: Call): number => lines.filter((line) => line.startsWith(call)).length;
    const found = {
      rename: count('rename'),
      fsync: count('fsync'),
      symlink: count('symlink'),
      mkdir: count('mkdir'),
    };
    expect(Math.min(...Object.values(found)), JSON.stringify(found)).to.be.above(0);
    return found;
  }

  /** What strace is told: at this call of the program's own thread, do that. */
  function inject(call: Call, which: 'first' | 'middle' | 'last', what: string): string[] {
    const last = counts[call];
    const when = { first: 1, middle: Math.ceil(last / 2), last }[which];
    const expression = `inject=${CALLS[call]}:${what}:when=${when}`;
    return ['-o', '/dev/null', '-e', `trace=${CALLS[call]}`, '-e', expression];
  }

  async function traced(args: readonly string[], how: readonly string[]): Promise<CommandResult> {
    const { file, args: words, env } = cliCommand(args, { engine });
    return execute('strace', [...how, '--', file, ...words], { env });
  }

  /** Ends what was left open, one way or the other, with dockerd stopped, and goes back. */
  async function settle(command: 'resume' | 'abort'): Promise<void> {
    const open = await openTransactions();
    // Before its first record, and after its last, there is nothing to end.
    if (open[0]?.state === 'staging' && command === 'resume') {
      expectError(await rebase(engine, ['resume'], { status: 1 }), 1, /not staged whole/);
      await rebase(engine, ['abort']);
    } else if (open.length > 0) await rebase(engine, [command]);
    expect(await openTransactions()).to.deep.equal([]);
    if (tagOnDisk(engine, TAG) === oldId) return;
    expect(open.length === 0 || command === 'resume', 'the result is in force').to.equal(true);
    await engine.start();
    expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    await engine.stop();
    await rebase(engine, ['undo', '--yes']);
  }

  async function openTransactions(): Promise<Status['open']> {
    return (await rebaseJson<Status>(engine, ['status'])).open;
  }

  function script(name: string, body: string): string {
    const path = join(engine.folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return quote(path);
  }
});

async function until(holds: () => boolean, runs: () => boolean): Promise<void> {
  for (let round = 0; !holds(); round += 1) {
    if (!runs()) throw new Error('it has ended already');
    if (round > 30_000) throw new Error('it does not come');
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}
