/** What a check says, and that plan and rebase say the same, on a store whose dockerd is stopped. */
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { applyPlan } from '../../src/api/apply-plan.ts';
import { checkRebase } from '../../src/api/check-rebase.ts';
import { verdictOf, type Finding } from '../../src/domain/finding.ts';
import type { ImagePlan } from '../../src/domain/plan.ts';
import type { CheckReport } from '../../src/domain/report.ts';
import { checkDocument } from '../../src/render/check-json.ts';
import { renderCheck } from '../../src/render/check-text.ts';
import { exampleFact } from '../checks/loading/example-fact.ts';
import { rejection } from '../daemon/rejection.ts';
import { exampleElf } from '../domain/elf/example-elf.ts';
import {
  buildStore,
  type BuiltStore,
  type ImageSpec,
  type LayerSpec,
} from '../support/store-builder.ts';
import { publishedText } from '../support/output-schema.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees } from '../support/tree-state.ts';
import { fastDir, OFFLINE, openStopped, plan, stateOf } from './stopped-store.ts';

type Files = LayerSpec['files'];

const TOOL = { mode: 0o755, content: '#!/bin/sh\n' };
const SHELL = { mode: 0o755, content: Buffer.from(exampleElf(exampleFact({ dynamic: false }))) };

const BASES: readonly ImageSpec[] = [
  {
    name: 'old',
    tags: ['base:1'],
    layers: [
      { files: { 'bin/sh': SHELL, 'usr/bin/tool': TOOL, 'etc/motd': 'one\n', 'etc/same': 's' } },
    ],
  },
  {
    name: 'new',
    tags: ['base:2'],
    layers: [{ files: { 'bin/sh': SHELL, 'etc/motd': 'two\n', 'etc/same': 's' } }],
  },
];
const APP: ImageSpec = {
  name: 'app',
  from: 'old',
  tags: ['app:1'],
  layers: [{ files: { 'etc/motd': 'mine\n', 'etc/same': 'mine' } }],
  config: { Cmd: ['/usr/bin/tool'] },
};
const PLAIN: ImageSpec = {
  name: 'plain',
  from: 'old',
  tags: ['plain:1'],
  layers: [{ files: { 'srv/page': 'p' } }],
  config: { Cmd: ['/bin/sh'] },
};

describe('api: check', () => {
  let store: BuiltStore;

  beforeEach(() => build(APP, PLAIN));
  afterEach(removeTempDirs);

  it('says what breaks, what is to be reviewed, and writes nothing', async () => {
    const before = stateOf(store.root, { mtimes: true });
    const report = await check('app:1');
    expect(said(report)).to.include.members([
      'missing breaks /usr/bin/tool',
      'shadowed review /etc/motd',
    ]);
    expect(findings(report).map(({ path }) => path)).to.not.include('/etc/same');
    expect(verdictOf(findings(report), new Set())).to.equal('BREAKS');
    expect(diffTrees(before, stateOf(store.root, { mtimes: true }))).to.deep.equal([]);
  });

  it('judges each of several images by itself', async () => {
    const report = await check(['app:1', 'plain:1', 'app:1']);
    const verdicts = report.plan.images.map((image) =>
      image.kind === 'rebase' ? verdictOf(image.findings, new Set()) : 'nothing',
    );
    expect(verdicts).to.deep.equal(['BREAKS', 'SAFE']);
    const alone = [...findings(await check('app:1')), ...findings(await check('plain:1'))];
    expect(findings(report)).to.deep.equal(alone);
  });

  it('has nothing to say of an image that is on the new base already', async () => {
    const report = await check('plain:1', 'base:1');
    expect(report.plan.images.map(({ kind }) => kind)).to.deep.equal(['nothing']);
  });

  it('plans no tags, so that none has to be there', async () => {
    const id = store.image('app').imageId.slice(7);
    const report = await check(id);
    expect(said(report)).to.include('missing breaks /usr/bin/tool');
    expect(report.plan.images[0]).to.deep.include({ tags: [] });
  });

  it('is part of every plan, which BREAKS refuses unless it is allowed by name', async () => {
    const fromCheck = findings(await check('app:1'));
    const report = await plan(store.root, 'app:1', 'base:2');
    const [image] = report.plan.images;
    expect(image?.kind === 'rebase' ? image.findings : []).to.include.deep.members(fromCheck);

    const before = stateOf(store.root, { mtimes: true });
    const open = await openStopped(store.root);
    const error = await rejection('CHECK_REFUSED', () => applyPlan(open, report, OFFLINE));
    expect(error.message).to.match(/^refused by missing: app:1: .*\/usr\/bin\/tool/);
    expect(error.hint).to.contain('--allow missing');
    expect(diffTrees(before, stateOf(store.root, { mtimes: true }))).to.deep.equal([]);

    const allowed = await plan(store.root, 'app:1', 'base:2', { allow: new Set(['missing']) });
    expect((await applyPlan(open, allowed, OFFLINE)).changed).to.equal(true);
  });

  it('does not refuse for what is only to be reviewed', async () => {
    await build({ ...APP, config: { Cmd: ['/bin/sh'] } });
    const report = await plan(store.root, 'app:1', 'base:2');
    const open = await openStopped(store.root);
    expect(report.plan.images.flatMap(severitiesOf)).to.include('review');
    expect((await applyPlan(open, report, OFFLINE)).changed).to.equal(true);
  });

  for (const [what, damage] of [
    [
      'missing',
      (file: string) => {
        rmSync(file);
      },
    ],
    [
      'cut short',
      (file: string) => {
        truncateSync(file, 40);
      },
    ],
    [
      'no gzip',
      (file: string) => {
        writeFileSync(file, 'not compressed');
      },
    ],
  ] as const) {
    it(`walks the directory where tar-split is ${what}, and says so`, async () => {
      damage(join(store.layerdbOf('app', -1), 'tar-split.json.gz'));
      const report = await check('app:1');
      expect(said(report)).to.include('missing breaks /usr/bin/tool');
      const note = findings(report).find((finding) => finding.check === 'index');
      expect(note).to.include({ severity: 'note', path: undefined });
      expect(note?.layers).to.deep.equal([store.image('app').diffIds.at(-1)]);
    });
  }

  it('is a clear error for a layer that cannot be read at all', async () => {
    rmSync(join(store.layerdbOf('new', 0), 'tar-split.json.gz'));
    rmSync(store.diffOf('new', 0), { recursive: true });
    const error = await rejection('STORE_DAMAGED', () => check('app:1'));
    expect(error.message).to.not.contain('\n');
  });

  for (const cacheId of ['../../..', '', 'a/b', '..']) {
    it(`reads nothing at the cache-id "${cacheId}"`, async () => {
      writeFileSync(join(store.layerdbOf('app', -1), 'cache-id'), cacheId);
      const error = await rejection('STORE_DAMAGED', () => check('app:1'));
      expect(error.message).to.match(/^layer [0-9a-f]{12} /);
    });
  }

  it('keeps two images apart that have the same layer on two bases', async () => {
    const twin: ImageSpec = { ...PLAIN, name: 'twin', from: 'other', tags: ['twin:1'] };
    const other = { name: 'other', tags: ['other:1'], layers: [{ files: { o: 'o' } }] };
    const lost = { ...twin, config: { Cmd: ['/o'] } };
    await build(PLAIN, other, lost);
    const alone = [...findings(await check('plain:1')), ...findings(await check('twin:1'))];
    expect(findings(await check(['plain:1', 'twin:1']))).to.deep.equal(alone);
    expect(findings(await check(['twin:1', 'plain:1']))).to.have.deep.members(alone);
  });

  it('warns of a new base that is built on the old one', async () => {
    await build(
      { name: 'middle', from: 'old', tags: ['mine:2'], layers: [{ files: { m: '2' } }] },
      { name: 'former', from: 'old', layers: [{ files: { m: '1' } }] },
      { ...APP, from: 'former' },
    );
    expect(said(await check('app:1', 'mine:2'))).to.include('old-base review undefined');
    const given = await check('app:1', 'mine:2', store.image('former').diffIds.at(-1));
    expect(said(given)).to.not.include('old-base review undefined');
  });

  describe('is never SAFE about what it cannot make sense of:', () => {
    const status = 'Package: libc6\nStatus: install ok installed\nVersion: 1\n\n';
    for (const [what, files, more] of [
      ['a damaged program', { 'usr/bin/tool': { mode: 0o755, content: '\x7fELF\x02\x01' } }],
      [
        'a loop of symlinks',
        {
          'usr/bin/tool': { kind: 'symlink', target: '/usr/bin/fool' },
          'usr/bin/fool': { kind: 'symlink', target: 'tool' },
        },
      ],
      ['a symlink to the host', { 'usr/bin/tool': { kind: 'symlink', target: '/proc/1/exe' } }],
      ['a device', { 'usr/bin/tool': { kind: 'char', major: 1, minor: 3, mode: 0o755 } }],
      [
        'a package database that is cut short',
        { 'usr/bin/tool': TOOL, 'var/lib/dpkg/status': 'Package: libc6\nVers' },
        { 'var/lib/dpkg/status': `${status}Package: mine\nVersion: 1\nStatus: inst` },
      ],
    ] as const satisfies readonly (readonly [string, Files, Files?])[]) {
      it(what, async () => {
        store = await buildStore(fastDir(), {
          images: [
            ...BASES.slice(0, 1),
            { name: 'new', tags: ['base:2'], layers: [{ files: { 'bin/sh': SHELL, ...files } }] },
            { ...APP, layers: [{ files: { 'srv/page': 'p', ...more } }] },
          ],
        });
        expect(verdictOf(findings(await check('app:1')), new Set())).to.not.equal('SAFE');
      });
    }
  });

  it('prints names as they are only where they can do no harm', async () => {
    await build({
      ...APP,
      layers: [
        {
          names: 'latin1',
          files: {
            'etc/a\nb\x1b[2J': 'app',
            'etc/caf\xe9': 'app',
            'etc/caf\xc3\xa9': 'app',
          },
        },
      ],
    });
    const report = await check('app:1');
    const json = publishedText(checkDocument(report));
    for (const text of [
      renderCheck(report, { color: false }),
      renderCheck(report, { color: false, noTrunc: true }),
      json,
    ]) {
      expect(text.replaceAll('\n', '')).to.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
    }
  });

  async function build(...images: ImageSpec[]): Promise<void> {
    store = await buildStore(fastDir(), { images: [...BASES, ...images] });
  }

  async function check(
    images: string | readonly string[],
    onto = 'base:2',
    from?: string,
  ): Promise<CheckReport> {
    const request = { images: [images].flat(), onto, from, allow: new Set<string>() };
    return checkRebase(await openStopped(store.root), request);
  }
});

function findings({ plan: { images } }: CheckReport): Finding[] {
  return images.flatMap((image) => (image.kind === 'rebase' ? image.findings : []));
}

function said(report: CheckReport): string[] {
  return findings(report).map(
    ({ check, severity, path }) => `${check} ${severity} ${String(path)}`,
  );
}

function severitiesOf(image: ImagePlan): string[] {
  return image.kind === 'rebase' ? image.findings.map(({ severity }) => severity) : [];
}
