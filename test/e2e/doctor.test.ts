/** The examination of real stores: healthy ones of many shapes, and damage that dockerd minds. */
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { rebaseImage } from './support/cli.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildBase, buildImage, importBase, run, saveAndHash } from './support/images.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { everything, imageId, listed, rebase, whileStopped } from './support/scenario.ts';
import { chainIdsOf } from '../support/store-builder.ts';
import { diffTrees } from '../support/tree-state.ts';

interface Report {
  readonly sound: boolean;
  readonly examined: { readonly layers: number };
  readonly findings: readonly {
    readonly code: string;
    readonly class: string;
    readonly message: string;
    readonly affects: readonly string[];
  }[];
}

/** Runs until it is told to end, and then ends at once. */
const WAITS = 'trap exit TERM; while :; do sleep 1; done';

describe('doctor', () => {
  let engine: Engine;
  let registry: Registry;

  before(async () => {
    registry = await startRegistry();
    engine = await startEngine();
    await buildBase(engine, 'base:1', [{ 'etc/release': '1\n', 'srv/a': 'a' }, { 'srv/b': 'b' }]);
    await importBase(engine, 'base:2', { 'etc/release': '2\n', 'srv/a': 'A' });
    await buildImage(
      engine,
      'app:1',
      `FROM base:1
RUN mkdir /d && echo x >/d/x && ln /d/x /d/y && chmod 4755 /d/x && chown 7:8 /d && mkfifo /d/fifo
RUN rm -rf /srv && mkdir /srv && echo new >/srv/new && ln -s /d/x /srv/link && rm /etc/release
CMD ["cat", "/srv/new"]
`,
    );
    await buildImage(
      engine,
      'kit:1',
      `FROM base:1 AS build
RUN echo built >/built && rm -rf /srv && mkdir /srv
FROM base:1
COPY --from=build /built /opt/built
COPY own /own
RUN rm /srv/a && mkdir -m 700 /q
`,
      { buildkit: true, files: { own: 'own\n' } },
    );
    await engine.docker('create', '--name', 'made', '--network', 'none', 'app:1');
    await engine.docker('run', '--name', 'ended', '--network', 'none', 'app:1', 'touch', '/w');
    await engine.docker('commit', 'ended', 'committed:1');
    const running = ['--name', 'up', '--network', 'none', 'kit:1', 'sh', '-c', WAITS];
    await engine.docker('run', '-d', ...running);
    const pushed = `${registry.host}/team/app:1`;
    await engine.docker('tag', 'app:1', pushed);
    await engine.docker('push', pushed);
    await engine.docker('rmi', pushed);
    await engine.docker('pull', pushed);
  });
  after(async () => {
    await engine.dispose();
    await registry.stop();
  });

  it('finds a store of builds, commits, pulls and containers sound while dockerd runs', async () => {
    await expectSound(['--deep']);
    await expectSound(['--image', 'kit:1', '--deep']);
  });

  it('finds it sound while dockerd is stopped, and changes nothing', async () => {
    await whileStopped(engine, async () => {
      const before = everything(engine);
      const report = await expectSound(['--deep']);
      expect(report.examined.layers).to.be.greaterThan(6);
      expect(diffTrees(before, everything(engine))).to.deep.equal([]);
    });
  });

  it('finds it sound after a rebase is staged, published, and undone', async () => {
    await engine.docker('rm', '-f', 'up');
    await whileStopped(engine, async () => {
      await rebase(engine, ['app:1', '--onto', 'base:2', '--stage-only', '--yes']);
      await expectSound(['--deep']);
      expect((await rebaseImage(['resume'], { engine })).status).to.equal(0);
      await expectSound(['--deep']);
    });
    await expectSound();
    expect(await run(engine, 'app:1')).to.equal('new');
    await whileStopped(engine, async () => {
      expect((await rebaseImage(['undo', '-y'], { engine })).status).to.equal(0);
      await expectSound(['--deep']);
    });
  });

  describe('damage, and what dockerd makes of it', () => {
    const files: Record<string, string> = {};

    before(async () => {
      for (const name of ['size', 'config', 'lower', 'link', 'bytes', 'extra', 'gone']) {
        const tag = `${name}:1`;
        await buildImage(engine, tag, `FROM base:1\nRUN echo ${name} >/own\nCMD ["cat", "/own"]\n`);
        files[name] = await topEntry(tag);
      }
      await engine.docker('create', '--name', 'orphan', '--network', 'none', 'gone:1');
    });

    it('reports it by image, with dockerd stopped', async () => {
      const config = join(content(), (await imageId(engine, 'config:1')).slice(7));
      const gone = join(content(), (await imageId(engine, 'gone:1')).slice(7));
      await engine.docker('rmi', '--no-prune', 'gone:1').catch(() => undefined);
      await whileStopped(engine, async () => {
        appendFileSync(join(files['size']!, 'size'), '\n');
        appendFileSync(config, '\n');
        rmSync(overlay('lower', 'lower'));
        rmSync(linkOf('link'));
        writeFileSync(overlay('bytes', 'diff/own'), 'BYTES\n', { flag: 'r+' });
        writeFileSync(overlay('extra', 'diff/extra'), 'x');
        chmodSync(overlay('extra', 'diff/own'), 0o600);
        rmSync(gone, { force: true });
        const report = await doctor(['--deep']);
        expect(report.status).to.equal(1);
        expect(foundOf(report)).to.include.members([
          'layer-field size:1',
          'image-digest config:1',
          'lower-wrong lower:1',
          'link-missing link:1',
          'layer-file bytes:1',
          'layer-extra-file extra:1',
          'layer-attributes extra:1',
        ]);
        expect(report.findings.map(({ code }) => code)).to.include('container-image-gone');
      });
    });

    it('dockerd does not list what it cannot load', async () => {
      expect(await listed(engine, 'size:1')).to.equal('');
      expect(await listed(engine, 'config:1')).to.equal('');
      expect((await engine.dockerTry('run', '--rm', 'size:1')).status).to.not.equal(0);
    });

    it('shows no base at all below a layer without its lower, and no error', async () => {
      expect(await listed(engine, 'lower:1')).to.not.equal('');
      // Even the shell is gone: it is of the base.
      const { stderr } = await engine.dockerTry('run', '--rm', '--network', 'none', 'lower:1');
      expect(stderr).to.match(/executable file not found/);
    });

    it('does not run without a link, and does after the remedy', async () => {
      const { stderr } = await engine.dockerTry('run', '--rm', '--network', 'none', 'link:1');
      expect(stderr).to.match(/no such file or directory/);
      symlinkSync(`../${cacheId('link')}/diff`, linkOf('link'));
      expect(await run(engine, 'link:1')).to.equal('link');
      expect((await doctor(['--image', 'link:1'])).status).to.equal(0);
    });

    it('cannot save changed bytes, and does not see extra files and modes', async () => {
      const { status, stderr } = await engine.dockerTry('save', '-o', '/dev/null', 'bytes:1');
      expect(status, stderr).to.not.equal(0);
      for (const { saved, diffId } of await saveAndHash(engine, 'extra:1')) {
        expect(saved).to.equal(diffId);
      }
      expect(foundOf(await doctor(['--deep', '--image', 'extra:1']))).to.include.members([
        'layer-extra-file extra:1',
        'layer-attributes extra:1',
      ]);
    });

    it('starts a container whose image is gone', async () => {
      expect(await engine.docker('start', '-a', 'orphan')).to.equal('gone');
    });

    it('does not start on an empty repositories.json, which doctor says', async () => {
      const repositories = join(engine.dataRoot, 'image/overlay2/repositories.json');
      await engine.stop();
      const text = readFileSync(repositories);
      writeFileSync(repositories, '');
      const before = everything(engine);
      const report = await doctor();
      expect(report.findings[0]?.code).to.equal('repositories-broken');
      expect(diffTrees(before, everything(engine))).to.deep.equal([]);
      const failure = await engine.start().then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(failure).to.match(/reference store repository/);
      writeFileSync(repositories, text);
      await engine.start();
      expect(await listed(engine, 'base:1')).to.not.equal('');
    });

    it('finds a layer that only the build cache still names', async () => {
      const entry = await topEntry('kit:1');
      const aside = join(engine.dataRoot, 'image/aside');
      await whileStopped(engine, async () => {
        renameSync(entry, aside);
        const codes = (await doctor()).findings.map(({ code }) => code);
        expect(codes).to.include.members(['buildkit-layer-missing', 'image-layer-missing']);
      });
      expect(await listed(engine, 'kit:1')).to.equal('');
      await whileStopped(engine, () => {
        renameSync(aside, entry);
      });
      expect(await listed(engine, 'kit:1')).to.not.equal('');
    });

    it('sees a container that outlived a killed dockerd', async () => {
      await engine.docker(
        'run',
        '-d',
        '--name',
        'left',
        '--network',
        'none',
        'base:1',
        'sh',
        '-c',
        WAITS,
      );
      await engine.kill();
      const { findings } = await doctor();
      const alive = findings.filter(({ code }) => code === 'container-alive');
      expect(alive.map(({ message }) => message)).to.have.length(1);
      expect(alive[0]?.message).to.match(/^container left /);
      await engine.start();
    });

    function content(): string {
      return join(engine.dataRoot, 'image/overlay2/imagedb/content/sha256');
    }

    function cacheId(name: string): string {
      return readFileSync(join(files[name]!, 'cache-id'), 'utf8');
    }

    function overlay(name: string, file: string): string {
      return join(engine.dataRoot, 'overlay2', cacheId(name), file);
    }

    function linkOf(name: string): string {
      return join(engine.dataRoot, 'overlay2/l', readFileSync(overlay(name, 'link'), 'utf8'));
    }
  });

  /** The layerdb entry of an image's topmost layer. */
  async function topEntry(image: string): Promise<string> {
    const format = '{{json .RootFS.Layers}}';
    const layers = await engine.docker('image', 'inspect', '--format', format, image);
    const chainId = chainIdsOf(JSON.parse(layers) as string[]).at(-1) ?? '';
    return join(engine.dataRoot, 'image/overlay2/layerdb/sha256', chainId.slice(7));
  }

  /** `code image` of each damage that an image suffers from. */
  function foundOf({ findings }: Report): string[] {
    return findings.flatMap(({ code, affects }) => affects.map((name) => `${code} ${name}`));
  }

  async function doctor(args: readonly string[] = []): Promise<Report & { status: number }> {
    const { status, stdout, stderr } = await rebaseImage(['doctor', '--json', ...args], { engine });
    expect(stdout, stderr).to.match(/^\{/);
    return { ...(JSON.parse(stdout) as Report), status };
  }

  async function expectSound(args: readonly string[] = []): Promise<Report> {
    const report = await doctor(args);
    const damage = report.findings.map(({ code, message }) => `${code}: ${message}`);
    expect(damage).to.deep.equal([]);
    expect(report.status).to.equal(0);
    return report;
  }
});
