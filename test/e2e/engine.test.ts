/** Proves the harness itself, so that a failing end-to-end test means the product. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { mountsBelow, processesNaming, tempFolder } from './support/cleanup.ts';
import { type Engine, execute, startEngine } from './support/engine.ts';
import { buildBase, buildImage, diffIds, importBase, run, saveAndHash } from './support/images.ts';
import { startRegistry } from './support/registry.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('the test harness', () => {
  let engine: Engine;

  before(async () => {
    engine = await startEngine();
    await importBase(engine, 'alpine:3.7', { 'etc/alpine-release': '3.7.3\n' });
  });
  after(() => engine.dispose());

  it('runs a private dockerd with the overlay2 store', async () => {
    expect(await engine.docker('info', '--format', '{{.DockerRootDir}} {{.Driver}}')).to.equal(
      `${engine.dataRoot} overlay2`,
    );
    expect(engine.pid).to.be.a('number');
  });

  it('runs a container of an imported base', async () => {
    expect(await run(engine, 'alpine:3.7', 'cat', '/etc/alpine-release')).to.equal('3.7.3');
  });

  it('gives the same files the same DiffID, and takes config changes', async () => {
    await importBase(
      engine,
      'again:1',
      { 'etc/alpine-release': '3.7.3\n' },
      { changes: ['ENV A=b', 'CMD ["echo", "hello"]'] },
    );
    expect(await diffIds(engine, 'again:1')).to.deep.equal(await diffIds(engine, 'alpine:3.7'));
    expect(await run(engine, 'again:1')).to.equal('hello');
  });

  it('makes files of every kind', async () => {
    await importBase(engine, 'kinds:1', {
      'opt/tool': { content: '#!/bin/sh\necho tool\n', mode: 0o4750, owner: [12, 34] },
      'opt/empty': { directory: true, mode: 0o700 },
      'opt/link': { symlink: 'tool' },
    });
    const listing = await run(engine, 'kinds:1', 'ls', '-ln', '/opt');
    expect(listing).to.match(/^drwx------ +2 0 +0 .* empty$/m);
    expect(listing).to.match(/^lrwxrwxrwx .* link -> tool$/m);
    expect(listing).to.match(/^-rwsr-x--- +1 12 +34 .* tool$/m);
  });

  it('makes a base of several layers without another tag on it', async () => {
    await buildBase(engine, 'layers:1', [{ one: '1' }, { two: '2' }, { 'deep/three': '3' }]);
    expect(await diffIds(engine, 'layers:1')).to.have.length(3);
    expect(await run(engine, 'layers:1', 'cat', '/one', '/two', '/deep/three')).to.equal('123');
    const tags = await engine.docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    expect(tags.split('\n').filter((tag) => !tag.startsWith('<none>'))).to.include('layers:1');
  });

  for (const buildkit of [false, true]) {
    it(`builds with ${buildkit ? 'BuildKit' : 'the classic builder'} and saves`, async () => {
      const tag = buildkit ? 'app:buildkit' : 'app:classic';
      await buildImage(
        engine,
        tag,
        'FROM alpine:3.7\nRUN echo built >/built\nCOPY app /app\nRUN rm /app/unwanted\nCMD ["/app/run"]\n',
        {
          buildkit,
          files: {
            'app/run': { content: '#!/bin/sh\ncat /built\nls /app\n', mode: 0o755 },
            'app/unwanted': '',
          },
        },
      );
      expect(await run(engine, tag)).to.equal('built\nrun');
      const layers = await saveAndHash(engine, tag);
      expect(layers).to.have.length(4);
      expect(layers.map((layer) => layer.saved)).to.deep.equal(await diffIds(engine, tag));
      expect(layers.every((layer) => layer.size > 0)).to.equal(true);
    });
  }

  it('says what a failing docker command said', async () => {
    const failure = await engine.docker('image', 'inspect', 'absent:1').catch(String);
    expect(failure).to.match(/docker image inspect absent:1: exit 1\n.*No such image: absent:1/s);
    expect(await engine.dockerTry('image', 'inspect', 'absent:1')).to.include({ status: 1 });
  });

  it('pushes to a registry and pulls into a second engine', async () => {
    const registry = await startRegistry();
    const second = await startEngine();
    try {
      const name = `${registry.host}/base:1`;
      await engine.docker('tag', 'alpine:3.7', name);
      await engine.docker('push', name);
      await second.docker('pull', name);
      expect(await second.docker('image', 'inspect', '--format', '{{.Id}}', name)).to.equal(
        await engine.docker('image', 'inspect', '--format', '{{.Id}}', name),
      );
      expect(await run(second, name, 'cat', '/etc/alpine-release')).to.equal('3.7.3');
    } finally {
      await second.dispose();
      await registry.stop();
    }
  });

  it('keeps images over stop and start, by method and by shell command', async () => {
    const images = await imageIds();
    const first = engine.pid;
    await engine.restart();
    expect(engine.pid).to.be.a('number').that.does.not.equal(first);
    await engine.stop();
    expect(engine.pid).to.equal(undefined);
    expect((await engine.dockerTry('version')).status).to.equal(1);

    expect(await execute('sh', ['-c', engine.startCommand])).to.include({ status: 0 });
    expect(engine.pid).to.be.a('number');
    expect(await execute('sh', ['-c', engine.stopCommand])).to.include({ status: 0 });
    expect(engine.pid).to.equal(undefined);
    // Twice is as good as once: the state is what counts.
    expect(await execute('sh', ['-c', engine.stopCommand])).to.include({ status: 0 });
    expect(await execute('sh', ['-c', engine.startCommand])).to.include({ status: 0 });
    expect(await execute('sh', ['-c', engine.startCommand])).to.include({ status: 0 });
    expect(await imageIds()).to.deep.equal(images);
  });

  it('starts again after SIGKILL', async () => {
    await engine.kill();
    expect(engine.pid).to.equal(undefined);
    await engine.start();
    expect(await run(engine, 'alpine:3.7', 'cat', '/etc/alpine-release')).to.equal('3.7.3');
  });

  it('shows the log of a dockerd that does not start', async () => {
    const failure = await startEngine({ args: ['--storage-driver', 'nonsense'] }).catch(String);
    expect(failure)
      .to.match(/dockerd does not start/)
      .and.to.match(/nonsense/);
  });

  for (const how of ['running', 'stopped', 'killed'] as const) {
    it(`disposes a ${how} engine with containers: no process, no mount, no file`, async () => {
      const other = await startEngine();
      await importBase(other, 'base:1', {});
      await other.docker('run', '-d', '--network', 'none', 'base:1', 'sleep', '1000');
      await other.docker('create', '--network', 'none', 'base:1', 'true');
      expect(mountsBelow(other.folder)).to.not.be.empty;
      if (how === 'stopped') {
        // A sleep as process 1 has no handler for SIGTERM: dockerd would wait ten seconds.
        await other.docker('kill', await other.docker('ps', '-q'));
        await other.stop();
      }
      if (how === 'killed') await other.kill();
      if (how !== 'stopped') expect(processesNaming(other.folder)).to.not.be.empty;

      await other.dispose();
      expect(processesNaming(other.folder)).to.deep.equal([]);
      expect(mountsBelow(other.folder)).to.deep.equal([]);
      expect(existsSync(other.folder)).to.equal(false);
      await other.dispose();
    });
  }

  it('sweeps up when the process is interrupted', async () => {
    const folder = tempFolder();
    const program = join(folder, 'program.ts');
    const support = new URL('./support/', import.meta.url).href;
    writeFileSync(
      program,
      `import { writeFileSync } from 'node:fs';
import { startEngine } from '${support}engine.ts';
import { importBase } from '${support}images.ts';
async function main() {
  const engine = await startEngine();
  await importBase(engine, 'base:1', {});
  await engine.docker('run', '-d', '--network', 'none', 'base:1', 'sleep', '1000');
  writeFileSync('${folder}/engine', engine.folder);
  setTimeout(() => undefined, 60_000);
  process.kill(process.pid, 'SIGINT');
}
void main();
`,
    );
    const result = await execute(process.execPath, ['--import=tsx', program], { cwd: ROOT });
    expect(result).to.include({ status: 130, stderr: '' });
    const swept = readFileSync(join(folder, 'engine'), 'utf8');
    expect(processesNaming(swept)).to.deep.equal([]);
    expect(mountsBelow(swept)).to.deep.equal([]);
    expect(existsSync(swept)).to.equal(false);
  });

  /** In no particular order: images of the same second have none. */
  async function imageIds(): Promise<string[]> {
    return (await engine.docker('images', '-aq', '--no-trunc')).split('\n').sort();
  }
});
