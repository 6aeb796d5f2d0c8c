/** The main job while dockerd runs: with a restart, without one, staged for later, and asked for. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { rebaseImageInTerminal } from './support/cli.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { run } from './support/images.ts';
import {
  buildApp,
  commands,
  everything,
  expectError,
  imageId,
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

interface Document {
  readonly changed: boolean;
  readonly transaction: number | null;
  readonly pending: string | null;
  readonly images: readonly {
    readonly before: { readonly imageId: string };
    readonly after: { readonly imageId: string };
  }[];
}

interface Status {
  readonly pendingRestart: readonly { readonly tag: string; readonly after: string }[];
  readonly overwritten: readonly { readonly tag: string }[];
  readonly movedAway: readonly { readonly tag: string }[];
  readonly onOldImages: readonly { readonly container: { readonly name: string } }[];
  readonly open: readonly { readonly state: string }[];
}

const TAG = 'my-alpine:3.7';
const RELEASE = ['cat', '/etc/alpine-release'];

describe('a rebase with dockerd running', () => {
  let engine: Engine;
  let oldId: string;

  before(async () => {
    engine = await startEngine();
    await importBases(engine);
    oldId = await buildApp(engine);
  });
  after(() => engine.dispose());
  beforeEach(async () => {
    await engine.start();
    // Every test begins with the old image under its tag, and without a transaction to go on with.
    const containers = (await engine.docker('ps', '-aq')).split('\n').filter(Boolean);
    if (containers.length > 0) await engine.docker('rm', '-f', ...containers);
    if ((await rebaseJson<Status>(engine, ['status'])).open.length > 0) {
      await rebase(engine, ['abort']);
    }
    await engine.docker('tag', oldId, TAG);
    expect(await listed(engine, TAG)).to.equal(oldId);
  });

  describe('and restarted', () => {
    it('verifies through the API that dockerd has the result', async () => {
      const pid = engine.pid;
      const { stdout } = await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      expect(stdout).to.match(/^my-alpine:3\.7 +[0-9a-f]{12} -> [0-9a-f]{12}$/m);
      expect(stdout).to.not.match(/next start/);
      expect(engine.pid).to.be.a('number').that.does.not.equal(pid);
      expect(await listed(engine, TAG)).to.not.equal(oldId);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      expect(await run(engine, oldId, ...RELEASE)).to.equal(OLD_RELEASE);
      expect((await rebase(engine, ['status'])).stdout).to.contain('Nothing is pending.');
    });

    it('brings containers back, and leaves them on the old image', async () => {
      await start('--name', 'policy', '--restart', 'always');
      await start('--name', 'plain');
      await engine.docker('create', '--name', 'stopped', '--network', 'none', TAG, 'true');

      const dry = (await rebase(engine, [...REBASE, '--dry-run'])).stdout;
      for (const name of ['policy', 'plain', 'stopped']) {
        expect(dry).to.match(new RegExp(`^ +${name} +[0-9a-f]{12} +(running|stopped)`, 'm'));
      }
      expect(dry).to.match(/come back: policy$/m);
      expect(dry).to.match(/stay down.*: plain$/m);

      await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
      expect(
        (await engine.docker('ps', '--format', '{{.Names}}')).split('\n').sort(),
      ).to.deep.equal(['plain', 'policy']);
      for (const name of ['plain', 'policy']) {
        expect(await engine.docker('exec', name, ...RELEASE)).to.equal(OLD_RELEASE);
        expect(await engine.docker('inspect', '--format', '{{.Image}}', name)).to.equal(oldId);
      }
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      const status = await rebaseJson<Status>(engine, ['status']);
      expect(status.onOldImages.map(({ container }) => container.name).sort()).to.deep.equal([
        'plain',
        'policy',
        'stopped',
      ]);
    });

    it('leaves containers running under live-restore', async () => {
      writeFileSync(engine.configFile, '{"live-restore": true}\n');
      try {
        await engine.restart();
        await start('--name', 'survivor');
        const format = '{{.State.Pid}} {{.State.StartedAt}} {{.Image}}';
        const before = await engine.docker('inspect', '--format', format, 'survivor');
        const dry = (await rebase(engine, [...REBASE, '--dry-run'])).stdout;
        expect(dry).to.match(/come back: survivor$/m);
        await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
        expect(await engine.docker('inspect', '--format', format, 'survivor')).to.equal(before);
        expect(await engine.docker('exec', 'survivor', ...RELEASE)).to.equal(OLD_RELEASE);
        expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
        await engine.docker('rm', '-f', 'survivor');
      } finally {
        writeFileSync(engine.configFile, '{}\n');
        await engine.restart();
      }
    });

    it('refuses to lose a container that runs with --rm, unless that is allowed', async () => {
      await start('--name', 'fleeting', '--rm');
      const before = storeState(engine);
      const pid = engine.pid;
      const args = [...REBASE, '--yes', ...restarting(engine)];
      const refused = await rebase(engine, args, { status: 3 });
      expectError(refused, 3, /fleeting/);
      expect(refused.stderr).to.match(/--allow autoremove/);
      expect(engine.pid).to.equal(pid);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      // A refused command leaves nothing to clean up after it.
      expect((await rebaseJson<Status>(engine, ['status'])).open).to.deep.equal([]);

      await rebase(engine, [...args, '--allow', 'autoremove']);
      expect(await engine.docker('ps', '-aq')).to.equal('');
      expect(await listed(engine, TAG)).to.not.equal(oldId);
    });
  });

  describe('and a --restart that cannot be', () => {
    for (const [what, args, message] of [
      ['without a way to restart', ['--restart'], /not run by systemd/],
      ['with one of the two commands', ['--restart', '--stop-command', 'true'], /--start-command/],
    ] as const) {
      it(`${what}: exit 64, and nothing is left of it`, async () => {
        const before = storeState(engine);
        const result = await rebase(engine, [...REBASE, '--yes', ...args], { status: 64 });
        expectError(result, 64, message);
        expect((await rebaseJson<Status>(engine, ['status'])).open).to.deep.equal([]);
        expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      });
    }

    it('for a daemon.json that dockerd would not start with: exit 1, and nothing is left', async () => {
      writeFileSync(engine.configFile, '{ torn');
      try {
        const before = storeState(engine);
        const args = [...REBASE, '--yes', ...restarting(engine)];
        const result = await rebase(engine, args, { status: 1 });
        expectError(result, 1, /daemon\.json/);
        expect((await rebaseJson<Status>(engine, ['status'])).open).to.deep.equal([]);
        expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      } finally {
        writeFileSync(engine.configFile, '{}\n');
      }
    });
  });

  describe('and not restarted', () => {
    it('keeps the old image in docker until the restart, and says so', async () => {
      const { stdout } = await rebase(engine, [...REBASE, '--yes', '--no-restart']);
      expect(stdout).to.match(/dockerd takes it at its next start/);
      expect(await listed(engine, TAG)).to.equal(oldId);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
      const status = await rebaseJson<Status>(engine, ['status']);
      expect(status.pendingRestart).to.have.length(1);
      expect(status.pendingRestart[0]).to.include({ tag: TAG });
      expect((await rebase(engine, ['status'])).stdout).to.match(/dockerd has to be restarted/);

      await engine.restart();
      expect(await listed(engine, TAG)).to.equal(status.pendingRestart[0]?.after);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      expect((await rebaseJson<Status>(engine, ['status'])).pendingRestart).to.deep.equal([]);
    });

    it('takes --yes without --restart for --no-restart, and the JSON says pending', async () => {
      const pid = engine.pid;
      const document = await rebaseJson<Document>(engine, [...REBASE, '--yes']);
      expect(document).to.include({ changed: true, pending: 'restart' });
      expect(engine.pid).to.equal(pid);
      await engine.restart();
      expect(await listed(engine, TAG)).to.equal(document.images[0]?.after.imageId);
    });

    it('shows the diff in its JSON, as the dry run does', async () => {
      const args = [...REBASE, '--yes', '--no-restart'];
      const document = await rebaseJson<{ images: readonly object[] }>(engine, args);
      expect(document.images[0]).to.include.keys('reference', 'verdict', 'tags', 'diff');
      await engine.restart();
    });

    it('loses no tag that docker has made, and applies its own again', async () => {
      await engine.docker('tag', 'alpine:3.7', 'made:before');
      const document = await rebaseJson<Document>(engine, [...REBASE, '--yes', '--no-restart']);
      const newId = document.images[0]?.after.imageId;
      expect(tagOnDisk(engine, TAG)).to.equal(newId);

      // dockerd writes repositories.json from its memory: our tag goes back to the old image.
      await engine.docker('tag', 'alpine:3.7', 'made:after');
      expect(tagOnDisk(engine, TAG)).to.equal(oldId);
      const status = await rebaseJson<Status>(engine, ['status']);
      expect(status.overwritten.map(({ tag }) => tag)).to.deep.equal([TAG]);
      expect(status.pendingRestart).to.deep.equal([]);
      expect(status.movedAway).to.deep.equal([]);
      expect((await rebase(engine, ['status'])).stdout).to.match(/rebase-image resume/);

      await rebase(engine, ['resume']);
      expect(tagsOnDisk(engine)).to.include.keys('made:before', 'made:after');
      expect(tagOnDisk(engine, TAG)).to.equal(newId);
      await engine.restart();
      expect(await listed(engine, TAG)).to.equal(newId);
      expect(await listed(engine, 'made:after')).to.equal(await imageId(engine, 'alpine:3.7'));
      expectError(await rebase(engine, ['resume'], { status: 1 }), 1, /nothing to go on with/);
    });

    it('keeps one rebase while the next is made, and loads them all at the restart', async () => {
      const other = await buildApp(engine, 'other:1', { files: { 'app/hello': 'other\n' } });
      await rebase(engine, [...REBASE, '--yes']);
      const second = await rebase(engine, ['other:1', '--onto', 'alpine:3.12', '--yes']);
      expect(second.stdout).to.not.match(/as docker has set it/);
      const onDisk = [tagOnDisk(engine, TAG), tagOnDisk(engine, 'other:1')];
      expect(onDisk).to.not.include(oldId).and.to.not.include(other);
      const { pendingRestart } = await rebaseJson<Status>(engine, ['status']);
      expect(pendingRestart.map(({ tag }) => tag).sort()).to.deep.equal([TAG, 'other:1']);

      // dockerd's own next tag overwrites both, and one resume applies both again.
      await engine.docker('tag', 'alpine:3.7', 'made:between');
      expect(tagOnDisk(engine, 'other:1')).to.equal(other);
      await rebase(engine, ['resume', ...restarting(engine)]);
      expect([await listed(engine, TAG), await listed(engine, 'other:1')]).to.deep.equal(onDisk);
    });

    it('takes effect with resume --restart', async () => {
      await rebase(engine, [...REBASE, '--yes', '--no-restart']);
      await engine.docker('tag', 'alpine:3.7', 'made:meanwhile');
      await rebase(engine, ['resume', ...restarting(engine)]);
      expect(await listed(engine, TAG)).to.not.equal(oldId);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      expect(await listed(engine, 'made:meanwhile')).to.not.equal('');
    });
  });

  describe('and only staged', () => {
    it('changes nothing that docker sees, refuses another run, and resumes with a restart', async () => {
      const { stdout } = await rebase(engine, [...REBASE, '--yes', '--stage-only']);
      expect(stdout).to.match(/rebase-image resume/);
      expect(tagOnDisk(engine, TAG)).to.equal(oldId);
      // Inert, also for a dockerd that starts on it.
      await engine.restart();
      expect(await listed(engine, TAG)).to.equal(oldId);
      expectError(await rebase(engine, [...REBASE, '--yes'], { status: 5 }), 5, /staged/);
      expect((await rebase(engine, ['status'])).stdout).to.match(/rebase-image abort/);

      await rebase(engine, ['resume', ...restarting(engine)]);
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
      expect((await rebaseJson<Status>(engine, ['status'])).open).to.deep.equal([]);
    });

    it('goes away with abort', async () => {
      // By itself, since tests before this one have left their layers to be reused.
      await buildApp(engine, 'staged:1', { files: { 'app/hello': 'staged\n' } });
      await engine.stop();
      const before = storeState(engine);
      await rebase(engine, ['staged:1', '--onto', 'alpine:3.12', '--yes', '--stage-only']);
      expect(diffTrees(before, storeState(engine))).to.not.deep.equal([]);
      await rebase(engine, ['abort']);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
      expectError(await rebase(engine, ['abort'], { status: 1 }), 1, /no transaction is open/);
      await engine.start();
    });
  });

  describe('in a terminal', () => {
    it('asks, and a no leaves the host as it was', async () => {
      const before = everythingAtRest();
      for (const answer of ['n', '']) {
        const { status, screen } = await terminal([
          { when: 'Apply this plan? [y/N]', keys: answer === '' ? ['Enter'] : [answer, 'Enter'] },
        ]);
        expect(status, screen).to.equal(1);
        expect(screen).to.match(/declined; nothing was changed/);
      }
      expect(diffTrees(before, everythingAtRest())).to.deep.equal([]);
    });

    it('is ended by Ctrl-C at the question', async () => {
      const before = everythingAtRest();
      const { status, screen } = await terminal([
        { when: 'Apply this plan? [y/N]', keys: ['C-c'] },
      ]);
      expect(status, screen).to.equal(130);
      expect(screen).to.not.match(/^\s+at /m);
      expect(diffTrees(before, everythingAtRest())).to.deep.equal([]);
    });

    it('asks before a restart, naming the containers', async () => {
      await start('--name', 'plain');
      const pid = engine.pid;
      const { status, screen } = await terminal(
        [
          { when: 'Apply this plan? [y/N]', keys: ['y', 'Enter'] },
          { when: 'Restart dockerd now? [y/N]', keys: ['y', 'Enter'] },
        ],
        commands(engine),
      );
      expect(status, screen).to.equal(0);
      expect(screen).to.match(/stay down.*started again.*: plain/);
      expect(engine.pid).to.not.equal(pid);
      expect(await listed(engine, TAG)).to.not.equal(oldId);
      expect(await engine.docker('ps', '--format', '{{.Names}}')).to.equal('plain');
    });

    it('publishes without a restart when that is declined', async () => {
      const pid = engine.pid;
      const { status, screen } = await terminal(
        [
          { when: 'Apply this plan? [y/N]', keys: ['yes', 'Enter'] },
          { when: 'Restart dockerd now? [y/N]', keys: ['n', 'Enter'] },
        ],
        commands(engine),
      );
      expect(status, screen).to.equal(0);
      expect(screen).to.match(/takes it at its next start/);
      expect(engine.pid).to.equal(pid);
      expect(tagOnDisk(engine, TAG)).to.not.equal(oldId);
      await engine.restart();
      expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
    });

    it('takes everything back on a Ctrl-C at the restart question', async () => {
      await buildApp(engine, 'interrupted:1', { files: { 'app/hello': 'interrupted\n' } });
      const before = storeState(engine);
      const { status, screen } = await rebaseImageInTerminal(
        ['interrupted:1', '--onto', 'alpine:3.12', ...commands(engine)],
        [
          { when: 'Apply this plan? [y/N]', keys: ['y', 'Enter'] },
          { when: 'Restart dockerd now? [y/N]', keys: ['C-c'] },
        ],
        { engine },
      );
      expect(status, screen).to.equal(130);
      expect((await rebaseJson<Status>(engine, ['status'])).open, screen).to.deep.equal([]);
      expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
    });
  });

  function start(...args: string[]): Promise<string> {
    // As process 1 a sleep has no handler for SIGTERM: dockerd's stop would wait ten seconds for it.
    const quick = ['--stop-signal', 'KILL', '--network', 'none'];
    return engine.docker('run', '-d', ...quick, ...args, TAG, 'sleep', '1000');
  }

  function terminal(
    typing: Parameters<typeof rebaseImageInTerminal>[1],
    args: readonly string[] = [],
  ): ReturnType<typeof rebaseImageInTerminal> {
    return rebaseImageInTerminal([...REBASE, ...args], typing, { engine });
  }

  /** A running dockerd without containers writes nothing by itself. */
  function everythingAtRest(): ReturnType<typeof everything> {
    expect(existsSync(engine.dataRoot)).to.equal(true);
    expect(readdirSync(join(engine.dataRoot, 'containers'))).to.deep.equal([]);
    return everything(engine);
  }
});
