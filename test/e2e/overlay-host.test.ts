/** One host: a base is made to look like another one beneath its images and containers. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, run, saveAndHash } from './support/images.ts';
import { buildOverlayBases, V1, V2, V3, VIEW, viewOf } from './support/overlay-bases.ts';
import { expectError, rebase, rebaseJson, storeState } from './support/scenario.ts';

interface Plan {
  readonly switches: readonly {
    readonly images: readonly { readonly tags: readonly string[] }[];
    readonly containers: readonly { readonly name: string; readonly running: boolean }[];
    readonly changes: { readonly files: readonly { kind: string; path: string }[] };
    readonly hidden: readonly { readonly image: string; readonly count: number }[];
  }[];
}

interface Status {
  readonly layers: readonly {
    readonly cacheId: string;
    readonly shows: { readonly version: string | null };
    readonly versions: readonly { readonly version: string; readonly active: boolean }[];
    readonly olderViews: readonly string[];
  }[];
}

describe('overlay on one host', () => {
  let engine: Engine;
  let bundle: string;
  const views: Record<string, string> = {};

  before(async () => {
    engine = await startEngine();
    await buildOverlayBases(engine);
    await buildImage(engine, 'app:1', `FROM ${V1}\nCOPY both /etc/both\n`, {
      files: { both: "the app's\n" },
    });
    await buildImage(engine, 'other:1', `FROM ${V1}\nRUN echo other >/srv/other\n`);
    // Its interpreter comes with the second version.
    await buildImage(engine, 'script:1', `FROM ${V1}\nCOPY run /run.sh\nCMD ["/run.sh"]\n`, {
      files: { run: { content: '#!/opt/interpreter\n', mode: 0o755 } },
    });
    for (const image of [V1, V2, V3]) views[image] = await viewOf(engine, image);
    bundle = join(engine.folder, '0628.tar.gz');
    await engine.docker(
      'run',
      '--name',
      'stopped',
      '--network',
      'none',
      'other:1',
      'sh',
      '-c',
      SAW,
    );
    await start('running');
  });
  after(() => engine.dispose());

  it('packs two bases into the same bytes again', async () => {
    const pack = ['overlay', 'pack', V1, V2, '-q', '-o'];
    const first = await rebase(engine, [...pack, bundle]);
    expect(first.stdout).to.match(/^[0-9a-f]{64}\n$/);
    const again = await rebase(engine, [...pack, join(engine.folder, 'again.tar.gz')]);
    expect(again.stdout).to.equal(first.stdout);
    const dry = await rebase(engine, ['overlay', 'pack', V1, V2, '-n']);
    expect(dry.stdout)
      .to.match(/\+ \/srv\/only-2\n/)
      .and.match(/- \/srv\/only-1\n/);
    const none = await rebase(engine, ['overlay', 'pack', V1, 'base:none', '-n'], { status: 1 });
    expectError(none, 1, /base:none is not on this host/);
    expect(none.stderr).to.contain('docker pull base:none');
    expectError(await rebase(engine, ['overlay', 'pack', V1, V1, '-n'], { status: 1 }), 1, /same/);
  });

  it('names what changes, and refuses while a container runs on the base', async () => {
    const before = storeState(engine);
    const plan = await rebaseJson<Plan>(engine, apply('--dry-run'), { status: 3 });
    const [one] = plan.switches;
    expect(one?.images.flatMap(({ tags }) => tags)).to.deep.equal([
      V1,
      'app:1',
      V2,
      'other:1',
      'script:1',
    ]);
    expect(one?.containers.map(({ name, running }) => [name, running])).to.deep.equal([
      ['running', true],
      ['stopped', false],
    ]);
    expect(one?.hidden).to.deep.include({ image: 'app:1', count: 1 });
    const files = one?.changes.files.map(({ kind, path }) => `${kind} ${path}`);
    expect(files).to.include.members(['added /srv/only-2', 'deleted /srv/only-1']);
    expect(files).to.include.members(['changed /opt/kind', 'changed /etc/version']);
    expectError(await rebase(engine, apply('--yes'), { status: 3 }), 3, /running/);
    expect(diffTrees(before, storeState(engine))).to.deep.equal([]);
  });

  describe('with a container left running', () => {
    let unchanged: Awaited<ReturnType<typeof saveAndHash>>;

    before(async () => {
      unchanged = await saveAndHash(engine, 'other:1');
      await rebase(engine, apply('--yes', '--allow', 'running'));
    });

    it('shows the new base to new containers and to stopped ones', async () => {
      expect(await viewOf(engine, V1)).to.equal(views[V2]);
      expect(await viewOf(engine, 'other:1'))
        .to.contain('20220628')
        .and.contain('/srv/other');
      expect(await engine.docker('start', '-a', 'stopped')).to.equal(`20220628\n20220621`);
    });

    it("lets the app's own files win", async () => {
      expect(await run(engine, 'app:1', 'cat', '/etc/both')).to.equal("the app's");
      expect(await run(engine, 'app:1', 'cat', '/etc/version')).to.equal('20220628');
    });

    it('keeps the old view of a running container until it is stopped and started', async () => {
      expect(await seenIn('running')).to.equal(views[V1]);
      expect(await olderViews()).to.deep.equal(['running']);
      // dockerd keeps the mount over its own restart of a container.
      await engine.docker('restart', '-t', '0', 'running');
      expect(await seenIn('running')).to.equal(views[V1]);
      expect(await olderViews()).to.deep.equal(['running']);
      await engine.docker('stop', '-t', '0', 'running');
      await engine.docker('start', 'running');
      expect(await seenIn('running')).to.equal(views[V2]);
      expect(await olderViews()).to.deep.equal([]);
    });

    it('builds on the new files, with both builders', async () => {
      for (const buildkit of [false, true]) {
        const tag = `built:${buildkit ? 'buildkit' : 'classic'}`;
        const dockerfile = `FROM ${V1}\nRUN cp /etc/version /seen && [ ! -e /srv/only-1 ]\n`;
        await buildImage(engine, tag, dockerfile, { buildkit });
        expect(await run(engine, tag, 'cat', '/seen')).to.equal('20220628');
      }
    });

    it('saves what dockerd has pulled or built', async () => {
      const saved = await saveAndHash(engine, 'other:1');
      expect(saved).to.deep.equal(unchanged);
      expect(saved.every(({ diffId, saved: hash }) => diffId === hash)).to.equal(true);
    });

    it('is no damage to doctor, and checks look at what is seen', async () => {
      await rebase(engine, ['doctor', '--deep']);
      // The old base has the interpreter by what is seen of it, and not by what was pulled.
      const check = await rebase(engine, ['check', 'script:1', '--onto', V3], { status: 3 });
      expect(check.stdout).to.match(/\/opt\/interpreter/);
    });

    it('says that there is nothing to do when it is applied again', async () => {
      const state = storeState(engine);
      const { stdout } = await rebase(engine, apply('--yes'));
      expect(stdout).to.match(/shows base:20220628 already; nothing to do/);
      expect(diffTrees(state, storeState(engine))).to.deep.equal([]);
    });

    it('shows how things stand', async () => {
      const { stdout } = await rebase(engine, ['overlay', 'status']);
      expect(stdout).to.match(/SHOWS +base:20220628 \(version 20220628\)/);
      expect(stdout)
        .to.match(/other:1/)
        .and.match(/docker save and push carry base:20220621/);
      const history = await rebase(engine, ['history']);
      expect(history.stdout).to.match(/overlay apply/);
    });
  });

  describe('afterwards', () => {
    it('restores the old view, and what undo takes back is gone', async () => {
      expectError(
        await rebase(engine, ['overlay', 'drop', '20220628', '--yes'], { status: 3 }),
        3,
        /what base:20220621 shows/,
      );
      await rebase(engine, ['overlay', 'restore', '--yes', '--restart-containers']);
      expect(await viewOf(engine, V1)).to.equal(views[V1]);
      expect(await seenIn('running')).to.equal(views[V1]);
      expect((await status()).layers[0]?.shows.version).to.equal(null);
      await rebase(engine, ['overlay', 'restore', '20220628', '--yes', '--restart-containers']);
      expect(await seenIn('running')).to.equal(views[V2]);
      await engine.docker('stop', '-t', '0', 'running');
      for (let count = 0; count < 3; count += 1) await rebase(engine, ['undo', '--yes']);
      expect((await status()).layers).to.deep.equal([]);
      expect(await viewOf(engine, V1)).to.equal(views[V1]);
    });

    it('does it in one go with --strategy overlay', async () => {
      const overlay = ['other:1', '--onto', V3, '--strategy', 'overlay'];
      const dry = await rebase(engine, [...overlay, '--dry-run', '--detailed-exitcode'], {
        status: 2,
      });
      expect(dry.stdout).to.match(/base:20220621 \(as dockerd has it\) -> base:20220726/);
      expect(dry.stdout).to.match(/\+ \/opt\/tool\n/);
      await rebase(engine, [...overlay, '--yes']);
      expect(await viewOf(engine, V1)).to.equal(views[V3]);
      const again = await rebase(engine, [...overlay, '--yes']);
      expect(again.stdout).to.match(/nothing to do/);
      await rebase(engine, ['--all', '--from', V1, '--onto', V2, '--strategy', 'overlay', '--yes']);
      expect(await viewOf(engine, V1)).to.equal(views[V2]);
      for (const option of ['--tag=x:1', '--keep-old', '--config=keep', '--out=plan.json']) {
        const result = await rebase(engine, [...overlay, option], { status: 64 });
        expectError(result, 64, /makes no sense with --strategy overlay/);
      }
    });

    it('drops a version that nobody sees', async () => {
      await rebase(engine, ['overlay', 'drop', '20220726', '--yes']);
      const [layer] = (await status()).layers;
      expect(layer?.versions.map(({ version }) => version)).to.deep.equal(['20220628']);
      await rebase(engine, ['doctor']);
    });

    it('leaves nothing when everything on the base is removed', async () => {
      await engine.docker('rm', '-f', 'running', 'stopped');
      await engine.docker('builder', 'prune', '-af');
      await engine.docker('image', 'prune', '-af');
      const left = readdirSync(join(engine.dataRoot, 'overlay2')).filter(
        (name) => name.length > 32,
      );
      expect(left).to.deep.equal([]);
      expect(readdirSync(join(engine.dataRoot, 'overlay2/l'))).to.deep.equal([]);
      await rebase(engine, ['overlay', 'status']);
      await rebase(engine, ['doctor']);
    });
  });

  function apply(...more: string[]): string[] {
    return ['overlay', 'apply', bundle, ...more];
  }

  function start(name: string): Promise<string> {
    const command = ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done'];
    return engine.docker('run', '-d', '--name', name, '--network', 'none', 'other:1', ...command);
  }

  async function seenIn(container: string): Promise<string> {
    const seen = await engine.docker('exec', container, ...VIEW);
    // Its image adds one file to the base.
    return seen.replace(/^\/srv\/other\n/m, '');
  }

  function status(): Promise<Status> {
    return rebaseJson<Status>(engine, ['overlay', 'status']);
  }

  async function olderViews(): Promise<readonly string[]> {
    return (await status()).layers.flatMap((layer) => layer.olderViews);
  }
});

/** Says what it sees and what it saw the first time, which it has written down. */
const SAW =
  'cat /etc/version; [ -e /saw ] || cat /etc/version >/saw; [ ! -e /again ] || cat /saw; touch /again';
