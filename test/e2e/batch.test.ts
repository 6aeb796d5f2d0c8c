/** A whole family in one run: one transaction, one restart, one undo; the same from a saved plan. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { rebaseImage } from './support/cli.ts';
import { type Engine, execute, quote, startEngine } from './support/engine.ts';
import { buildImage, importBase, run } from './support/images.ts';
import {
  commands,
  expectError,
  imageId,
  NEW_FILES,
  NEW_RELEASE,
  OLD_FILES,
  OLD_RELEASE,
  rebase,
  rebaseJson,
  tagsOnDisk,
} from './support/scenario.ts';

const COUNT = 30;
const RELEASE = ['cat', '/etc/alpine-release'];

interface Document {
  readonly changed: boolean;
  readonly images: readonly {
    readonly reference: string;
    readonly outcome: string;
    readonly after: { readonly imageId: string };
    readonly layers: { readonly cloned: number; readonly reused: number };
  }[];
  readonly store: { readonly layers: readonly unknown[] };
  readonly failures: readonly { readonly reference: string }[];
}

describe('many images', () => {
  let engine: Engine;
  let folder: string;
  let names: string[];
  let tags: Record<string, string>;

  before(async () => {
    folder = tempFolder();
    engine = await startEngine();
    await importBase(engine, 'alpine:3.7', OLD_FILES);
    await importBase(engine, 'alpine:3.8', { ...OLD_FILES, 'etc/alpine-release': '3.8.5\n' });
    await importBase(engine, 'alpine:3.12', NEW_FILES);
    names = await buildFamily(engine);
    tags = tagsOnDisk(engine);
    writeFileSync(
      join(folder, 'bases.yaml'),
      `version: 1
defaults:
  onto: alpine:3.12
rebases:
  - match: family/*
    from: alpine:3.7
  - match: [family/*]
    from: alpine:3.8
`,
    );
  });
  after(async () => {
    await engine.dispose();
    sweepFolder(folder);
  });

  /** Half of them on each base, one to four layers high, some on another one of them. */
  async function buildFamily(on: Engine): Promise<string[]> {
    const built: string[] = [];
    for (let index = 0; index < COUNT; index += 1) {
      const base = index % 2 === 0 ? 'alpine:3.7' : 'alpine:3.8';
      const below = index % 6 > 3 ? (built[index - 2] ?? base) : base;
      const files = Object.fromEntries(
        Array.from({ length: 1 + (index % 3) }, (_, at) => [`f${at}`, `${index} ${at}\n`]),
      );
      const copies = Object.keys(files).map((file) => `COPY ${file} /app${index}/${file}`);
      const name = `family/app${index}:1`;
      await buildImage(on, name, [`FROM ${below}`, ...copies].join('\n'), { files });
      built.push(name);
    }
    return built;
  }

  it('are shown by dependents, each below what it stands on', async () => {
    const { stdout } = await rebase(engine, ['dependents', 'alpine:3.7']);
    expect(stdout).to.match(/└─ family\/app\d+:1/);
    expect(stdout).to.match(/\n15 images on alpine:3\.7, 0 containers of theirs/);
  });

  it('move in one transaction with one restart, run on the new base, and go back in one undo', async () => {
    const stops = join(folder, 'stops');
    writeFileSync(stops, '');
    const restart = commands(engine, {
      stop: `echo stop >>${quote(stops)}; ${engine.stopCommand}`,
    });
    const plan = join(folder, 'plan.json');
    await rebase(engine, ['batch', join(folder, 'bases.yaml'), '--out', plan]);
    expect(tagsOnDisk(engine), 'saving a plan changes nothing').to.deep.equal(tags);

    const done = await rebaseJson<Document>(engine, [
      ...['batch', join(folder, 'bases.yaml'), '--yes', '--restart'],
      ...restart,
    ]);
    expect(done.images.map(({ reference }) => reference)).to.have.members(names);
    expect(readFileSync(stops, 'utf8')).to.equal('stop\n');
    const sum = (part: 'cloned' | 'reused'): number =>
      done.images.reduce((total, { layers }) => total + layers[part], 0);
    expect(sum('cloned'), 'a layer that images share counts once').to.equal(
      done.store.layers.length,
    );
    expect(sum('reused')).to.be.above(0);
    const results = new Map(done.images.map(({ reference, after }) => [reference, after.imageId]));
    for (const name of names) {
      expect(await imageId(engine, name)).to.equal(results.get(name));
      expect(await run(engine, name, ...RELEASE)).to.equal(NEW_RELEASE);
    }

    const other = await startEngine();
    try {
      const saved = await execute(
        'sh',
        [
          '-c',
          `${quote(engine.client)} save $* | DOCKER_HOST=unix://${other.socket} ${quote(engine.client)} load`,
          'sh',
          'alpine:3.12',
          ...new Set(Object.values(tags)),
        ],
        { env: engine.env },
      );
      expect(saved.status, saved.stderr).to.equal(0);
      for (const [key, id] of Object.entries(tags)) await other.docker('tag', id, key);
      await rebase(other, ['apply', plan, '--yes', '--restart', ...commands(other)]);
      for (const [name, id] of results) expect(await imageId(other, name)).to.equal(id);
      expect(await run(other, names[0] ?? '', ...RELEASE)).to.equal(NEW_RELEASE);
      const again = await rebaseJson<Document>(other, ['apply', plan, '--yes']);
      expect(again.changed).to.equal(false);
    } finally {
      await other.dispose();
    }

    await rebase(engine, ['undo', '--yes']);
    expect(tagsOnDisk(engine)).to.deep.equal(tags);
    expect(await run(engine, 'family/app0:1', ...RELEASE)).to.equal(OLD_RELEASE);
  });

  it('move by --all, which is refused without the base that they stand on', async () => {
    const found = await rebaseJson<Document>(engine, [
      ...['--all', '--from', 'alpine:3.8', '--onto', 'alpine:3.12', '--dry-run'],
    ]);
    expect(found.images).to.have.length(COUNT / 2);
    expectError(
      await rebaseImage(['--all', '--onto', 'alpine:3.12'], { engine }),
      64,
      /--all needs --from/,
    );
  });

  it('move as far as they can with --keep-going: exit 7, and what is left out is named', async () => {
    const input = JSON.stringify({
      version: 1,
      defaults: { onto: 'alpine:3.12' },
      rebases: [{ image: 'family/app0:1' }, { image: 'nothing:1' }],
    });
    expectError(
      await rebaseImage(['batch', '-', '--dry-run'], { engine, input }),
      1,
      /stdin:1:\d+: rebases\[1\]: no image here is called nothing:1/m,
    );
    const partly = await rebaseImage(['batch', '-', '--dry-run', '--json', '--keep-going'], {
      engine,
      input,
    });
    expect(partly.status, partly.stderr).to.equal(7);
    const { failures } = JSON.parse(partly.stdout) as Document;
    expect(failures.map(({ reference }) => reference)).to.deep.equal(['nothing:1']);
  });

  it('are refused with the place of what is wrong in a manifest', async () => {
    const input = 'version: 1\nrebases:\n  - image: family/app0:1\n    onto: 3.12\n';
    expectError(
      await rebaseImage(['batch', '-'], { engine, input }),
      64,
      /stdin:4:11: rebases\[0\]\.onto: 3\.12 is no text here; write "3\.12" in quotes/,
    );
  });
});
