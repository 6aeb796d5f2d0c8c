/** `check` as a command, on a running and on a stopped dockerd, and the same inside a rebase. */
import { expect } from 'chai';
import { diffTrees } from '../support/tree-state.ts';
import { rebaseImage } from './support/cli.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { buildImage, importBase, run } from './support/images.ts';
import { everything, expectError, imageId, rebase, rebaseJson } from './support/scenario.ts';

interface Document {
  readonly schema: string;
  readonly changed: boolean;
  readonly verdict: string;
  readonly images: readonly {
    readonly reference: string;
    readonly verdict: string;
    readonly findings: readonly {
      readonly check: string;
      readonly severity: string;
      readonly path: string | null;
      readonly why: string | null;
      readonly layers: readonly string[];
      readonly refuses: boolean;
    }[];
  }[];
  readonly error?: { readonly code: string; readonly hint: string };
}

const ONTO = ['--onto', 'base:2'];
const BROKEN = ['check', 'broken:1', ...ONTO];

describe('check', () => {
  let engine: Engine;

  before(async () => {
    engine = await startEngine();
    const tool = { content: '#!/bin/sh\necho tool\n', mode: 0o755 };
    await importBase(engine, 'base:1', { 'etc/motd': 'one\n', 'usr/bin/tool': tool });
    await importBase(engine, 'base:2', { 'etc/motd': 'two\n' });
    await buildImage(engine, 'broken:1', 'FROM base:1\nCMD ["tool"]\n');
    await buildImage(engine, 'fine:1', 'FROM base:1\nCOPY page /srv/\nCMD ["cat", "/srv/page"]\n', {
      files: { page: 'page\n' },
    });
    // Names that a terminal would obey, on a path that the new base changes.
    const evil = 'etc/a\u001b[2J\nb';
    await importBase(engine, 'evil:old', { [evil]: 'old\n' });
    await importBase(engine, 'evil:new', { [evil]: 'new\n' });
    await buildImage(engine, 'evil:1', 'FROM evil:old\nCOPY root/ /\nCMD ["true"]\n', {
      files: { [`root/${evil}`]: 'mine\n' },
    });
  });
  after(() => engine.dispose());

  for (const state of ['running', 'stopped'] as const) {
    it(`says the verdict with dockerd ${state}, and writes nothing`, async () => {
      if (state === 'stopped') await engine.stop();
      const untouched = everything(engine);
      const result = await rebase(engine, BROKEN, { status: 3 });
      expectError(result, 3, /refused by missing: broken:1: /);
      expect(result.stderr).to.match(/hint: .*--allow missing/);
      expect(result.stdout).to.match(/VERDICT +BREAKS\n/);
      expect(result.stdout).to.match(/ missing \(breaks\): /);
      expect(result.stdout).to.match(/ why: /);
      expect(result.stdout.split('\n').filter((line) => line.length > 80)).to.deep.equal([]);

      const fine = await rebase(engine, ['check', 'fine:1', ...ONTO]);
      expect(fine.stderr).to.equal('');
      expect(fine.stdout).to.match(/VERDICT +SAFE\n/);
      expect(diffTrees(untouched, everything(engine))).to.deep.equal([]);
      await engine.start();
    });
  }

  it('says the same as one JSON document', async () => {
    const document = await rebaseJson<Document>(engine, ['check', 'broken:1', 'fine:1', ...ONTO], {
      status: 3,
    });
    expect(document).to.include({ schema: 'rebase-image/v1', changed: false, verdict: 'BREAKS' });
    expect(document.images.map(({ reference, verdict }) => [reference, verdict])).to.deep.equal([
      ['broken:1', 'BREAKS'],
      ['fine:1', 'SAFE'],
    ]);
    const missing = document.images[0]?.findings.find(({ check }) => check === 'missing');
    expect(missing).to.include({ severity: 'breaks', refuses: true });
    expect(missing?.why).to.be.a('string');
    expect(document.error?.code).to.equal('CHECK_REFUSED');
  });

  it('prints the images alone that it refuses with -q', async () => {
    const both = ['check', 'fine:1', 'broken:1', ...ONTO, '-q'];
    expect(await rebase(engine, both, { status: 3 })).to.deep.include({
      stdout: `${await imageId(engine, 'broken:1')}\n`,
      stderr: '',
    });
    expect((await rebase(engine, [...both, '--allow', 'missing'])).stdout).to.equal('');
  });

  it('ends a dry run and a rebase with the same exit code, unless allowed by name', async () => {
    const words = ['broken:1', ...ONTO];
    expectError(await rebase(engine, [...words, '--dry-run'], { status: 3 }), 3, /missing/);
    expectError(await rebase(engine, [...words, '--yes'], { status: 3 }), 3, /missing/);
    expect(await run(engine, 'broken:1')).to.equal('tool');
    await rebase(engine, [...words, '--dry-run', '--allow', 'missing']);
    await rebase(engine, ['check', ...words, '--allow', 'missing']);
    // Another check's name is no way around it.
    await rebase(engine, ['check', ...words, '--allow', 'shadowed'], { status: 3 });
  });

  it('never prints a name as it is in the image', async () => {
    const words = ['check', 'evil:1', '--onto', 'evil:new'];
    for (const more of [[], ['--no-trunc'], ['--json']]) {
      const { stdout } = await rebase(engine, [...words, ...more]);
      expect(stdout.replaceAll('\n', '')).to.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(stdout).to.match(more.includes('--json') ? /a\\u001b\[2J\\nb/ : /a\\x1b\[2J b/);
    }
  });

  it('refuses what is no request', async () => {
    expectError(await rebaseImage(['check', 'broken:1']), 64, /--onto is missing/);
    expectError(await rebaseImage(['check', ...ONTO]), 64, /no image is named/);
    expectError(await rebaseImage([...BROKEN, '--allow', 'nonsense']), 64, /nonsense/);
    expectError(await rebaseImage([...BROKEN, '--dry-run']), 64, /no option --dry-run/);
    expectError(await rebaseImage(['chekc', 'broken:1']), 64, /no command chekc/);
    const absent = ['check', 'absent:1', ...ONTO];
    expectError(await rebase(engine, absent, { status: 1 }), 1, /absent:1/);
  });
});
