/** Every shape of base, application and name that a rebase has to get right. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildBase, buildImage, diffIds, importBase, run, saveAndHash } from './support/images.ts';
import {
  buildApp,
  everything,
  expectError,
  imageId,
  NEW_FILES,
  OLD_FILES,
  rebase,
  rebaseJson,
  tagOnDisk,
  tagsOnDisk,
  whileStopped,
} from './support/scenario.ts';

interface Document {
  readonly changed: boolean;
  readonly images: readonly {
    readonly outcome: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly store: {
    readonly layers: readonly { readonly chainId: string; readonly cacheId: string }[];
    readonly reused: readonly string[];
  };
}

interface Found {
  readonly detected: { readonly name: string } | null;
  readonly proposals: readonly { readonly layers: number; readonly topDiffId: string }[];
}

describe('a rebase', () => {
  let engine: Engine;

  before(async () => {
    engine = await startEngine();
    // Two releases of one distribution, and stacks of one, two, three and five layers.
    await importBase(engine, 'old:1', { ...OLD_FILES, 'etc/which': 'old:1\n' });
    await importBase(engine, 'new:1', { ...NEW_FILES, 'etc/which': 'new:1\n' });
    await importBase(engine, 'other:1', { ...OLD_FILES, 'etc/which': 'other:1\n' });
    await buildBase(engine, 'two:1', stack('two:1', 2));
    await buildBase(engine, 'three:1', stack('three:1', 3));
    await buildBase(engine, 'five:1', stack('five:1', 5));
  });
  after(() => engine.dispose());

  for (const [from, onto, olds, news] of [
    ['old:1', 'new:1', 1, 1],
    ['old:1', 'three:1', 1, 3],
    ['five:1', 'two:1', 5, 2],
  ] as const) {
    it(`from ${olds} to ${news} layers of base`, async () => {
      const name = `shape-${olds}-${news}:1`;
      await buildApp(engine, name, { from, files: { 'app/hello': name } });
      const before = await diffIds(engine, name);
      expect(before).to.have.length(olds + 1);
      await offline(name, '--onto', onto);

      expect(await diffIds(engine, name)).to.deep.equal([
        ...(await diffIds(engine, onto)),
        ...before.slice(olds),
      ]);
      expect(await run(engine, name, 'cat', '/etc/which', '/app/hello')).to.equal(
        `${onto}\n${name}`,
      );
      // Every layer of the new base and none of the old one.
      const list = ['sh', '-c', 'ls /layers 2>/dev/null; true'];
      expect(await run(engine, name, ...list)).to.equal(await run(engine, onto, ...list));
      const saved = await saveAndHash(engine, name);
      expect(saved.map((layer) => layer.saved)).to.deep.equal(await diffIds(engine, name));
      expect(await engine.docker('history', name)).to.contain('CMD ["cat"');
    });
  }

  it('of an application that only sets ENV and CMD', async () => {
    const dockerfile =
      'FROM old:1\nENV MODE=quiet\nCMD ["sh", "-c", "echo $MODE; cat /etc/which"]\n';
    await buildImage(engine, 'settings:1', dockerfile);
    expect(await diffIds(engine, 'settings:1')).to.deep.equal(await diffIds(engine, 'old:1'));
    await offline('settings:1', '--onto', 'new:1');
    expect(await diffIds(engine, 'settings:1')).to.deep.equal(await diffIds(engine, 'new:1'));
    expect(await run(engine, 'settings:1')).to.equal('quiet\nnew:1');
    expect(await run(engine, 'new:1', 'cat', '/etc/which')).to.equal('new:1');
    // A second time there is nothing to do.
    await whileStopped(engine, () => expectNothingToDo(['settings:1', '--onto', 'new:1']));
  });

  it('of two images that share layers: cloned once, used twice', async () => {
    await buildApp(engine, 'shared:1', { from: 'old:1', files: { 'app/hello': 'shared\n' } });
    await buildImage(engine, 'shared:2', 'FROM shared:1\nRUN echo more >/app/more\n');
    await whileStopped(engine, async () => {
      const first = await rebaseJson<Document>(engine, ['shared:1', '--onto', 'new:1', '--yes']);
      expect(first.store.layers).to.have.length(1);
      const args = ['shared:2', '--onto', 'new:1', '--from', 'old:1', '--yes'];
      const second = await rebaseJson<Document>(engine, args);
      expect(second.store.layers).to.have.length(1);
      expect(second.store.reused).to.deep.equal([first.store.layers[0]?.chainId]);
    });
    expect(await run(engine, 'shared:2', 'cat', '/etc/which', '/app/hello')).to.equal(
      'new:1\nshared',
    );
    await engine.docker('rmi', '-f', 'shared:1');
    expect(await run(engine, 'shared:2', 'ls', '/app')).to.equal('hello\nmore');
  });

  it('of two images in one command', async () => {
    await buildApp(engine, 'both:1', { from: 'old:1', files: { 'app/hello': 'both 1\n' } });
    await buildApp(engine, 'both:2', { from: 'old:1', files: { 'app/hello': 'both 2\n' } });
    await offline('both:1', 'both:2', '--onto', 'new:1');
    for (const name of ['both:1', 'both:2']) {
      expect(await run(engine, name, 'cat', '/etc/which', '/app/hello')).to.equal(
        `new:1\n${name.replace(':', ' ')}`,
      );
    }
    await rebase(engine, ['undo', '--yes']);
    expect(await run(engine, 'both:2', 'cat', '/etc/which')).to.equal('old:1');
  });

  it('of an image that BuildKit has built', async () => {
    await buildApp(engine, 'buildkit:1', {
      from: 'old:1',
      files: { 'app/hello': 'buildkit\n' },
      buildkit: true,
    });
    const layers = join(engine.dataRoot, 'image/overlay2/layerdb/sha256');
    const cacheIds = readdirSync(layers).map((chain) =>
      readFileSync(join(layers, chain, 'cache-id'), 'utf8'),
    );
    expect(cacheIds.some((id) => id.length === 25)).to.equal(true);
    const oldId = await imageId(engine, 'buildkit:1');
    await offline('buildkit:1', '--onto', 'new:1');
    await engine.docker('rmi', oldId);
    await engine.docker('builder', 'prune', '-af');
    expect(await run(engine, 'buildkit:1', 'cat', '/etc/which', '/app/hello')).to.equal(
      'new:1\nbuildkit',
    );
    await saveAndHash(engine, 'buildkit:1');
  });

  it('of one of several tags: the others stay', async () => {
    const id = await buildApp(engine, 'several:1', {
      from: 'old:1',
      files: { 'app/a': 'several' },
    });
    await engine.docker('tag', 'several:1', 'several:latest');
    await engine.docker('tag', 'several:1', 'elsewhere:5');
    await offline('several:1', '--onto', 'new:1');
    expect(await imageId(engine, 'several:latest')).to.equal(id);
    expect(await imageId(engine, 'elsewhere:5')).to.equal(id);
    expect(await run(engine, 'several:1', 'cat', '/etc/which')).to.equal('new:1');

    // Without a tag the name means :latest, and the layers are there already.
    await offline('several', '--onto', 'new:1');
    expect(await imageId(engine, 'several:latest')).to.equal(await imageId(engine, 'several:1'));
    expect(await imageId(engine, 'elsewhere:5')).to.equal(id);
  });

  it('of an image that is named by its ID, with --tag', async () => {
    const id = await buildApp(engine, 'by-id:1', { from: 'old:1', files: { 'app/a': 'by id' } });
    await whileStopped(engine, async () => {
      const args = [id, '--onto', 'new:1', '--yes'];
      expectError(await rebase(engine, args, { status: 64 }), 64, /no tag that could move/);
      await rebase(engine, [...args, '--tag', 'by-id:full']);
      await rebase(engine, [id.slice(7, 19), ...args.slice(1), '-t', 'by-id:short']);
    });
    expect(await imageId(engine, 'by-id:1')).to.equal(id);
    expect(await run(engine, 'by-id:full', 'cat', '/etc/which')).to.equal('new:1');
    expect(await imageId(engine, 'by-id:short')).to.equal(await imageId(engine, 'by-id:full'));
  });

  it('onto a tag that names another image: refused, then allowed', async () => {
    await buildApp(engine, 'taker:1', { from: 'old:1', files: { 'app/a': 'taker' } });
    await engine.docker('tag', 'other:1', 'taken:1');
    const other = await imageId(engine, 'taken:1');
    await whileStopped(engine, async () => {
      const before = everything(engine);
      const args = ['taker:1', '--onto', 'new:1', '--tag', 'taken:1', '--yes'];
      const refused = await rebase(engine, args, { status: 3 });
      expectError(refused, 3, /taken:1 names another image/);
      expect(refused.stderr).to.match(/--allow retag/);
      expect(diffTrees(before, everything(engine))).to.deep.equal([]);
      await rebase(engine, [...args, '--allow', 'retag']);
    });
    expect(await imageId(engine, 'taken:1')).to.not.equal(other);
    expect(await run(engine, 'taken:1', 'cat', '/etc/which')).to.equal('new:1');
    expect(await run(engine, 'taker:1', 'cat', '/etc/which')).to.equal('old:1');
  });

  it('onto a base built FROM the old one, once and no second time', async () => {
    await buildImage(engine, 'patched:1', 'FROM old:1\nRUN echo patched >/etc/which\n');
    await buildApp(engine, 'stacked:1', { from: 'old:1', files: { 'app/a': 'stacked' } });
    await offline('stacked:1', '--onto', 'patched:1');
    expect(await run(engine, 'stacked:1', 'cat', '/etc/which')).to.equal('patched');
    expect(await diffIds(engine, 'stacked:1')).to.have.length(3);
    await whileStopped(engine, async () => {
      await expectNothingToDo(['stacked:1', '--onto', 'patched:1']);
      await expectNothingToDo(['stacked:1', '--onto', 'patched:1', '--from', 'old:1']);
    });
  });

  it('whose old base is gone, with the DiffID that `base` proposes', async () => {
    await importBase(engine, 'gone:1', { ...OLD_FILES, 'etc/which': 'gone:1\n' });
    const top = (await diffIds(engine, 'gone:1')).at(-1) ?? '';
    // BuildKit leaves no link to the parent, so that the base's image goes and only its layers stay.
    await buildApp(engine, 'orphan:1', {
      from: 'gone:1',
      files: { 'app/a': 'orphan' },
      buildkit: true,
    });
    // What two images share may be a base.
    await buildApp(engine, 'orphan:2', {
      from: 'gone:1',
      files: { 'app/b': 'orphan' },
      buildkit: true,
    });
    const gone = await imageId(engine, 'gone:1');
    await engine.docker('rmi', 'gone:1');
    expect((await engine.dockerTry('image', 'inspect', gone)).status).to.equal(1);

    await whileStopped(engine, async () => {
      const args = ['orphan:1', '--onto', 'new:1', '--yes'];
      const refused = await rebase(engine, args, { status: 1 });
      expectError(refused, 1, /no local image is the base/);
      expect(refused.stderr).to.match(/rebase-image base orphan:1/);
      const { proposals } = await rebaseJson<Found>(engine, ['base', 'orphan:1']);
      expect(proposals.map(({ topDiffId }) => topDiffId)).to.include(top);
      expect((await rebase(engine, ['base', 'orphan:1'])).stdout).to.contain(top);
      await rebase(engine, [...args, '--from', top]);
    });
    expect(await run(engine, 'orphan:1', 'cat', '/etc/which', '/app/a')).to.equal('new:1\norphan');
  });

  it('of names of a registry with a port', async () => {
    await engine.docker('tag', 'old:1', 'localhost:5000/team/base:old');
    await engine.docker('tag', 'new:1', 'localhost:5000/team/base:new');
    await buildApp(engine, 'localhost:5000/team/app:1', {
      from: 'localhost:5000/team/base:old',
      files: { 'app/a': 'port' },
    });
    await engine.docker('tag', 'localhost:5000/team/app:1', 'localhost:5000/team/app:latest');
    await offline('localhost:5000/team/app:1', '--onto', 'localhost:5000/team/base:new');
    await offline('localhost:5000/team/app', '--onto', 'localhost:5000/team/base:new');
    for (const tag of ['1', 'latest']) {
      const name = `localhost:5000/team/app:${tag}`;
      expect(await run(engine, name, 'cat', '/etc/which')).to.equal('new:1');
    }
    expect(Object.keys(tagsOnDisk(engine))).to.include('localhost:5000/team/app:latest');
  });

  it('of the full form of a name, which is the familiar one on disk', async () => {
    await buildApp(engine, 'full:1', { from: 'old:1', files: { 'app/a': 'full' } });
    await offline('docker.io/library/full:1', '--onto', 'library/new:1');
    expect(await run(engine, 'full:1', 'cat', '/etc/which')).to.equal('new:1');
    expect(Object.keys(tagsOnDisk(engine)).filter((key) => /full:1$/.test(key))).to.deep.equal([
      'full:1',
    ]);
    await whileStopped(engine, () =>
      expectNothingToDo(['index.docker.io/full:1', '--onto', 'new:1']),
    );
  });

  it('there and back again, to the first ImageID', async () => {
    const first = await buildApp(engine, 'return:1', { from: 'old:1', files: { 'app/a': 'back' } });
    await whileStopped(engine, async () => {
      for (const onto of ['new:1', 'three:1', 'old:1']) {
        await rebase(engine, ['return:1', '--onto', onto, '--yes']);
      }
      expect(tagOnDisk(engine, 'return:1')).to.equal(first);
    });
    expect(await imageId(engine, 'return:1')).to.equal(first);
    expect(await run(engine, 'return:1', 'cat', '/etc/which')).to.equal('old:1');
  });

  it('that keeps the old image under a tag of its own', async () => {
    const id = await buildApp(engine, 'kept:1', { from: 'old:1', files: { 'app/a': 'kept' } });
    await buildApp(engine, 'kept:2', { from: 'old:1', files: { 'app/a': 'kept 2' } });
    await offline('kept:1', '--onto', 'new:1', '--keep-old');
    await offline('kept:2', '--onto', 'new:1', '--keep-old={repository}:{tag}-was');
    const kept = `kept:1-before-${id.slice(7, 19)}`;
    expect(await imageId(engine, kept)).to.equal(id);
    await engine.docker('image', 'prune', '-f');
    expect(await run(engine, kept, 'cat', '/etc/which')).to.equal('old:1');
    expect(await run(engine, 'kept:2-was', 'cat', '/etc/which')).to.equal('old:1');
    expect(await run(engine, 'kept:1', 'cat', '/etc/which')).to.equal('new:1');
  });

  for (const flags of [['--allow', 'retag'], ['--keep-old']]) {
    it(`with ${flags.join(' ')} in front of the image`, async () => {
      await buildApp(engine, 'front:1', { from: 'old:1', files: { 'app/a': 'front' } });
      const args = [...flags, 'front:1', '--onto', 'new:1', '--dry-run'];
      const { images } = await rebaseJson<Document>(engine, args);
      expect(images.map(({ outcome }) => outcome)).to.deep.equal(['rebase']);
    });
  }

  for (const mode of ['copy', 'link', 'auto'] as const) {
    it(`with --clone ${mode}: large files, links within a layer, modes, owners, xattrs`, async () => {
      const name = `clone-${mode}:1`;
      await buildImage(
        engine,
        name,
        `FROM old:1
RUN mkdir /d && dd if=/dev/urandom of=/d/large bs=1k count=200 2>/dev/null && ln /d/large /d/again \\
 && echo small >/d/small && ln /d/small /d/small2 && chown 12:34 /d/small && chmod 4751 /d/small \\
 && mkfifo /d/fifo && ln -s large /d/link && rm /etc/both && echo ${mode} >/d/mode
`,
      );
      const list = ['sh', '-c', 'cd /d; ls -ln | grep -v total; md5sum large again small mode'];
      const noCounts = (text: string): string => text.replace(/^(\S{10}) +\d+/gm, '$1');
      const before = await run(engine, name, ...list);
      await offline(name, '--onto', 'new:1', '--clone', mode);
      const after = await run(engine, name, ...list);
      expect(noCounts(after)).to.equal(noCounts(before));
      // Only hard links of the clone itself may change the counts that a container sees.
      if (mode === 'copy') expect(after).to.equal(before);
      expect(await run(engine, name, 'ls', '/etc')).to.not.match(/^both$/m);
      const saved = await saveAndHash(engine, name);
      expect(saved.map((layer) => layer.saved)).to.deep.equal(await diffIds(engine, name));
    });
  }

  it('that gives new layers the modes of a layer of dockerd', () => {
    const overlay = join(engine.dataRoot, 'overlay2');
    for (const name of readdirSync(overlay)) {
      if (name === 'l' || name.endsWith('-init')) continue;
      expect(statSync(join(overlay, name)).mode & 0o777, name).to.equal(0o710);
      const link = readFileSync(join(overlay, name, 'link'), 'utf8');
      expect(link).to.match(/^[A-Z2-7]{26}$/);
    }
    const layers = join(engine.dataRoot, 'image/overlay2/layerdb/sha256');
    for (const chain of readdirSync(layers)) {
      expect(statSync(join(layers, chain)).mode & 0o777, chain).to.equal(0o700);
      for (const file of readdirSync(join(layers, chain))) {
        expect(statSync(join(layers, chain, file)).mode & 0o777, file).to.equal(0o644);
      }
    }
  });

  /** Rebases while dockerd is stopped. */
  function offline(...args: string[]): Promise<unknown> {
    return whileStopped(engine, () => rebase(engine, [...args, '--yes']));
  }

  async function expectNothingToDo(args: readonly string[]): Promise<void> {
    const before = everything(engine);
    const text = await rebase(engine, [...args, '--yes', '--detailed-exitcode']);
    expect(text.stdout + text.stderr).to.match(/already on/);
    const document = await rebaseJson<Document>(engine, [...args, '--yes']);
    expect(document.changed).to.equal(false);
    expect(document.images.map(({ outcome }) => outcome)).to.deep.equal(['unchanged']);
    expect(diffTrees(before, everything(engine))).to.deep.equal([]);
  }
});

function stack(name: string, count: number): Record<string, string>[] {
  return Array.from({ length: count }, (_, index) => ({
    [`layers/${name}-${index}`]: `${index}\n`,
    ...(index === count - 1 ? { 'etc/which': `${name}\n` } : {}),
  }));
}
