/** What is shown while it works and at its end: in a terminal, in a log, with -q. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildStore, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { rebaseImage, rebaseImageInTerminal } from './support/cli.ts';

const SPINNER = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/u;

describe('what is shown while it works', () => {
  let store: BuiltStore;
  let args: string[];
  let batch: string[];

  beforeEach(async () => {
    store = await buildStore(makeTempDir(), {
      images: [
        { name: 'old', tags: ['alpine:3.7'], layers: [{ files: { a: 'old' } }] },
        { name: 'new', tags: ['alpine:3.12'], layers: [{ files: { a: 'new' } }] },
        { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files: { b: 'app' } }] },
        { name: 'more', from: 'app', tags: ['more:1'], layers: [{ files: { c: 'more' } }] },
      ],
    });
    const manifest = join(makeTempDir(), 'bases.yaml');
    writeFileSync(
      manifest,
      'version: 1\ndefaults: { onto: "alpine:3.12" }\nrebases:\n' +
        ['app:1', 'more:1', 'gone:1'].map((image) => `  - image: ${image}\n`).join(''),
    );
    args = ['--data-root', store.root];
    batch = ['batch', manifest, '--keep-going', ...args];
  });
  afterEach(removeTempDirs);

  it('is a task list in a terminal, which questions and results never meet', async () => {
    const { status, screen } = await rebaseImageInTerminal(
      ['app:1', '--onto', 'alpine:3.12', '--from', 'alpine:3.7', ...args],
      [{ when: 'Apply this plan? [y/N]', keys: ['y', 'Enter'] }],
    );
    expect(status, screen).to.equal(0);
    const lines = screen.split('\n');
    const asked = lines.findIndex((line) => /^Apply this plan\? \[y\/N\] y$/.test(line));
    expect(asked, screen).to.be.at.least(0);
    // Nothing of the planning stays, and each step of the work leaves one line with its time.
    expect(lines.slice(0, asked).join('\n')).to.not.match(/✓|read the store/);
    const steps = lines.slice(asked + 1).filter((line) => /^ {2}[✓✗]/.test(line));
    expect(steps).to.deep.equal(lines.slice(asked + 1, asked + 1 + steps.length));
    const words = steps.map((line) => /^ {2}✓ (.+) {2}\d+(\.\d)? s$/.exec(line)?.[1]);
    expect(words).to.include('clone the files of 1 layer (auto)').and.include('move 1 tag');
    expect(new Set(words).size).to.equal(words.length);
    expect(lines[asked + 1 + steps.length]).to.match(/^app:1 {3}[0-9a-f]{12} -> [0-9a-f]{12}$/);
    expect(screen).to.not.match(SPINNER);
  });

  it('marks the step that has failed, above the error', async () => {
    const { status, screen } = await rebaseImageInTerminal(
      ['app:1', '--onto', 'alpine:3.12', '--clone', 'reflink', '--yes', ...args],
      [],
      { env: { PATH: withBroken('cp') } },
    );
    expect(status, screen).to.equal(1);
    const lines = screen.split('\n');
    const failed = lines.findIndex((line) => line.startsWith('  ✗ clone the files of 1 layer'));
    expect(lines[failed + 1], screen).to.match(/^ {2}✓ remove what was staged {2}/);
    expect(lines[failed + 2]).to.match(/^rebase-image: cp failed/);
    expect(screen).to.not.match(SPINNER);
  });

  it('is plain lines in a log, and at the end a table with the sums', async () => {
    const { status, stdout, stderr } = await rebaseImage([...batch, '--yes']);
    expect(status, stderr).to.equal(7);
    expect(stderr).to.not.contain('\x1b');
    expect(stderr).to.match(/^ {2}clone the files of 2 layers \(auto\)\n/m);
    expect(stderr).to.not.match(/read the store|✓/);
    expect(stdout).to.match(
      /^IMAGE {4}OLD ID +NEW ID +CLONED +SIZE +VERDICT\napp:1 .* 1 of 1 .*\nmore:1 .* 1 of 2 .*\ngone:1 +FAILED\n/,
    );
    expect(stdout).to.match(/\nLeft out: 1 image\n {2}gone:1: rebases\[2\]|\n {2}gone:1: /);
    expect(stdout).to.match(/\n2 layers cloned \(.+\), 1 reused\n2 images in .+: plan .+, stage /);
  });

  it('is told in JSON with the same sums, and its times in one object', async () => {
    const { stdout } = await rebaseImage([...batch, '--yes', '--json']);
    const { images, durations } = JSON.parse(stdout) as {
      images: { layers: object; bytes: number }[];
      durations: Record<string, number | null>;
    };
    expect(images.map(({ layers }) => layers)).to.deep.equal([
      { cloned: 1, reused: 0 },
      { cloned: 1, reused: 1 },
    ]);
    for (const { bytes } of images) expect(bytes).to.be.above(0);
    expect(Object.keys(durations)).to.have.members(['plan', 'stage', 'publish', 'restart']);
    expect(durations['restart']).to.equal(null);
    expect(durations['stage']).to.be.a('number');
  });

  it('is nothing with -q', async () => {
    const { status, stdout, stderr } = await rebaseImage([...batch, '--yes', '-q']);
    expect(status).to.equal(7);
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^(sha256:[0-9a-f]{64}\n){2}$/);
  });
});

/** A PATH in which this program fails. */
function withBroken(program: string): string {
  const folder = makeTempDir();
  writeFileSync(join(folder, program), '#!/bin/sh\necho broken >&2\nexit 1\n', { mode: 0o755 });
  return `${folder}:${process.env['PATH'] ?? ''}`;
}
