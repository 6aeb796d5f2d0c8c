/** The main job with dockerd stopped; then everything that an operator does with the result. */
import { expect } from 'chai';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, diffIds, run, saveAndHash } from './support/images.ts';
import {
  imageId,
  importBases,
  listed,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
} from './support/scenario.ts';

const DOCKERFILE = `FROM alpine:3.7
ENV GREETING=hello
COPY app /app
RUN rm /etc/both && rm -rf /srv/data && mkdir /srv/data && echo app >/srv/data/app
CMD ["cat", "/app/hello"]
`;

interface HistoryLine {
  readonly ID: string;
  readonly CreatedBy: string;
}

describe('a rebase with dockerd stopped', () => {
  let engine: Engine;
  let oldId: string;
  let newId: string;
  let oldLayers: string[];
  let newBase: string[];
  let shown: string;

  before(async () => {
    engine = await startEngine();
    await importBases(engine);
    oldId = await buildImage(engine, 'my-alpine:3.7', DOCKERFILE, {
      files: { 'app/hello': 'hello from the app\n' },
    });
    oldLayers = await diffIds(engine, oldId);
    newBase = await diffIds(engine, 'alpine:3.12');
    await engine.stop();
    shown = (await rebase(engine, [...REBASE, '--yes'])).stdout;
    await engine.start();
    newId = await imageId(engine, 'my-alpine:3.7');
  });
  after(() => engine.dispose());

  it('lists the result under its tag, and says so', async () => {
    expect(newId).to.not.equal(oldId);
    expect(await listed(engine, 'my-alpine:3.7')).to.equal(newId);
    expect(shown).to.contain(`${oldId.slice(7, 19)} -> ${newId.slice(7, 19)}`);
    expect(await diffIds(engine, 'my-alpine:3.7')).to.deep.equal([
      ...newBase,
      ...oldLayers.slice(1),
    ]);
  });

  it("shows a container the new base's files and the app's", async () => {
    expect(await run(engine, 'my-alpine:3.7')).to.equal('hello from the app');
    const seen = await run(
      engine,
      'my-alpine:3.7',
      ...['sh', '-c', 'cat /etc/alpine-release; echo $GREETING; ls /etc/only-in-*'],
    );
    expect(seen.split('\n')).to.deep.equal([NEW_RELEASE, 'hello', '/etc/only-in-3.12']);
  });

  it('leaves deleted what the app deleted, and empty what it emptied', async () => {
    expect(await run(engine, 'alpine:3.12', 'ls', '/etc/both', '/srv/data/new')).to.contain('both');
    expect(await run(engine, 'my-alpine:3.7', 'ls', '/etc', '/srv/data')).to.not.match(/^both$/m);
    expect(await run(engine, 'my-alpine:3.7', 'ls', '/srv/data')).to.equal('app');
  });

  it('has a docker history of the new base and the app', async () => {
    const lines = (await engine.docker('history', '--no-trunc', '--format', '{{json .}}', newId))
      .split('\n')
      .map((line) => JSON.parse(line) as HistoryLine);
    expect(lines[0]?.ID).to.equal(newId);
    // Newest first, without the imported layer, which has no instruction.
    const created = lines.map(({ CreatedBy }) => CreatedBy.replace(/^.*?#\(nop\) +/, ''));
    expect(created).to.have.length(5);
    expect(created[0]).to.match(/^CMD \["cat"/);
    expect(created[1]).to.match(/rm \/etc\/both/);
    expect(created[2]).to.match(/^COPY dir:/);
    expect(created[3]).to.equal('ENV GREETING=hello');
    expect(created[4]).to.equal('');
  });

  it("keeps the app's settings", async () => {
    const format = '{{json .Config}} {{.Created}} {{.Architecture}}';
    expect(await engine.docker('image', 'inspect', '--format', format, newId)).to.equal(
      await engine.docker('image', 'inspect', '--format', format, oldId),
    );
  });

  it('saves every layer with the bytes of its DiffID', async () => {
    const layers = await saveAndHash(engine, 'my-alpine:3.7');
    expect(layers.map(({ saved }) => saved)).to.deep.equal([...newBase, ...oldLayers.slice(1)]);
  });

  it('leaves the old image whole', async () => {
    expect(await run(engine, oldId, 'cat', '/etc/alpine-release')).to.equal(OLD_RELEASE);
    expect(await run(engine, oldId, 'ls', '/srv/data')).to.equal('app');
    const layers = await saveAndHash(engine, oldId);
    expect(layers.map(({ saved }) => saved)).to.deep.equal(oldLayers);
  });

  it('diffs and commits a container of the result', async () => {
    const id = await engine.docker(
      ...['create', '--network', 'none', 'my-alpine:3.7'],
      ...['sh', '-c', 'echo more >/app/more; rm /etc/only-in-3.12'],
    );
    await engine.docker('start', '--attach', id);
    expect((await engine.docker('diff', id)).split('\n').sort()).to.deep.equal([
      'A /app/more',
      'C /app',
      'C /etc',
      'D /etc/only-in-3.12',
    ]);
    const committed = await engine.docker('commit', id, 'committed:1');
    await engine.docker('rm', id);
    expect(await run(engine, 'committed:1', 'ls', '/app')).to.equal('hello\nmore');
    const layers = await saveAndHash(engine, committed);
    expect(layers.map(({ saved }) => saved)).to.deep.equal(await diffIds(engine, committed));
    expect(layers.slice(0, -1).map(({ saved }) => saved)).to.deep.equal(
      await diffIds(engine, newId),
    );
    expect(await engine.docker('history', '-q', 'committed:1')).to.match(/^[0-9a-f]{12}\n/);
    await engine.docker('rmi', 'committed:1');
  });

  for (const buildkit of [false, true]) {
    it(`builds FROM it with ${buildkit ? 'BuildKit' : 'the classic builder'}`, async () => {
      await buildImage(
        engine,
        'child:1',
        'FROM my-alpine:3.7\nRUN cat /etc/alpine-release >/seen\nCMD ["cat", "/seen"]\n',
        { buildkit },
      );
      expect(await run(engine, 'child:1')).to.equal(NEW_RELEASE);
      expect(await diffIds(engine, 'child:1')).to.have.length(oldLayers.length + 1);
      await engine.docker('rmi', 'child:1');
    });
  }

  it('outlives the old image, its base and a prune', async () => {
    await engine.docker('rmi', oldId);
    expect((await engine.dockerTry('run', '--rm', oldId, 'true')).status).to.not.equal(0);
    await engine.docker('rmi', 'alpine:3.7');
    await engine.docker('image', 'prune', '-f');
    await engine.docker('builder', 'prune', '-af');
    expect(await run(engine, 'my-alpine:3.7', 'cat', '/etc/alpine-release')).to.equal(NEW_RELEASE);
    expect(await run(engine, 'my-alpine:3.7')).to.equal('hello from the app');
    const layers = await saveAndHash(engine, 'my-alpine:3.7');
    expect(layers.map(({ saved }) => saved)).to.deep.equal([...newBase, ...oldLayers.slice(1)]);

    // And over another start of dockerd, which deletes what is half removed.
    await engine.restart();
    expect(await run(engine, 'my-alpine:3.7', 'ls', '/srv/data')).to.equal('app');
  });
});
