/** The examination of built stores: sound ones, one image, and what stops a rebase. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { isDamage } from '../../src/domain/store-finding.ts';
import { RebaseError } from '../../src/errors.ts';
import { buildStore, type LayerSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import {
  append,
  codesOf,
  copy,
  editConfig,
  examined,
  HEALTHY,
  patient,
  put,
  remove,
  said,
  TOP,
  type Patient,
} from './damaged-store.ts';
import { fastDir, plan, rebase, resume, undo } from './stopped-store.ts';

describe('doctor', () => {
  afterEach(removeTempDirs);

  it('finds a healthy store sound, and touches nothing', async () => {
    const p = await patient(join(fastDir(), 'data'));
    const before = readTree(p.root, { mtimes: true });
    for (const options of [{}, { deep: true }, { deep: true, workers: 2 }, { image: 'app:1' }]) {
      const report = await examined(p.root, options);
      expect(report.findings).to.deep.equal([]);
    }
    expect(diffTrees(before, readTree(p.root, { mtimes: true }))).to.deep.equal([]);
  });
  it('says of an image of many layers that nothing can be built on it, or nothing run', async () => {
    const files = (at: number): LayerSpec[] =>
      Array.from({ length: at }, (_, layer) => ({ files: { [`f${String(layer)}`]: '' } }));
    const { root } = await buildStore(join(fastDir(), 'data'), {
      images: [
        { name: 'most', tags: ['most:1'], layers: files(124) },
        { name: 'deep', tags: ['deep:1'], from: 'most', layers: [{ files: { x: '' } }] },
        { name: 'deepest', tags: ['deepest:1'], from: 'most', layers: files(4) },
      ],
    });
    const { findings } = await examined(root);
    expect(findings.map(({ code, affects }) => [code, ...affects])).to.deep.equal([
      ['image-too-deep', 'deepest:1'],
      ['image-deep'],
    ]);
  });

  it("takes a pid that is another process's by now for no living container", async () => {
    const p = await patient(join(fastDir(), 'data'));
    editConfig(p, { State: { Running: true, Pid: process.pid } });
    const report = await examined(p.root);
    expect(codesOf(report)).to.deep.equal(['container-dead']);
    expect(report.findings.filter(isDamage)).to.deep.equal([]);
  });

  it('names the images and containers that suffer', async () => {
    const p = await patient(join(fastDir(), 'data'));
    remove(p.overlay('app', 2, 'diff'));
    const [finding] = (await examined(p.root)).findings;
    expect(finding?.affects).to.deep.equal(['app:1', 'app:latest', 'container box', 'twin:1']);
    expect(finding?.about).to.deep.equal([p.store.image('app').chainIds[2]]);
  });

  it('examines one image: its layers, its tags, its containers, and what breaks the store', async () => {
    const p = await patient(join(fastDir(), 'data'));
    put(p.layerdb('app', TOP, 'size'), '');
    append(p.content('conf'), '\n');
    remove(p.overlay('twin', TOP, 'diff'));
    remove(p.upper('link'));
    put(join(p.store.paths.content, 'stray'), '');
    expect(codesOf(await examined(p.root, { image: 'app:1' }))).to.deep.equal([
      'layer-field',
      'mount-link',
    ]);
    const id = p.store.image('conf').imageId;
    for (const name of ['conf:1', id, id.slice(7, 19), 'docker.io/library/conf:1']) {
      expect(codesOf(await examined(p.root, { image: name })), name).to.deep.equal([
        'image-digest',
      ]);
    }
    expect(codesOf(await examined(p.root, { image: 'base:1' }))).to.deep.equal([]);
    put(p.repositories, '');
    expect(codesOf(await examined(p.root, { image: id }))).to.include('repositories-broken');
  });

  it('says so when the image is not there', async () => {
    const p = await patient(join(fastDir(), 'data'));
    expect(await refusal(examined(p.root, { image: 'gone:1' }))).to.match(/no image gone:1/);
    expect(await refusal(examined(p.root, { image: '' }))).to.match(/no image/);
  });

  it('finds a staged, a published and an undone rebase sound', async () => {
    const p = await patient(join(fastDir(), 'data'), WITH_NEW_BASE);
    await rebase(p.root, 'app:1', 'base:2', { stageOnly: true });
    expect(said(await examined(p.root, { deep: true })), 'staged').to.equal('');
    await resume(p.root);
    expect(said(await examined(p.root, { deep: true })), 'published').to.equal('');
    await undo(p.root);
    expect(said(await examined(p.root, { deep: true })), 'undone').to.equal('');
  });

  describe('what concerns its images stops a rebase', () => {
    const damages: readonly (readonly [string, (p: Patient) => unknown, RegExp])[] = [
      ['of the app', (p) => put(p.layerdb('app', TOP, 'size'), ''), /file size/],
      ['of the new base', (p) => remove(p.overlay('new', 0, 'diff')), /no directory/],
      [
        'of one that shares a directory',
        (p) => copy(p.layerdb('twin', TOP, 'cache-id'), p.layerdb('app', TOP, 'cache-id')),
        /have the one directory/,
      ],
      [
        'of one whose directory waits to be removed',
        (p) => {
          cpSync(p.layerdb('app', TOP), `${p.layerdb('app', TOP)}-9-removing`, { recursive: true });
        },
        /-9-removing names/,
      ],
    ];
    for (const [name, damage, message] of damages) {
      it(name, async () => {
        const p = await patient(join(fastDir(), 'data'), WITH_NEW_BASE);
        damage(p);
        const error = await refusal(plan(p.root, 'app:1', 'base:2'));
        expect(error)
          .to.match(/^STORE_DAMAGED: app:1 cannot be rebased: /)
          .and.match(message);
        expect(error).to.match(/nothing was changed; .+; rebase-image doctor/);
      });
    }

    it('and what concerns others does not', async () => {
      const p = await patient(join(fastDir(), 'data'), WITH_NEW_BASE);
      remove(p.overlay('kit', TOP));
      const { plan: planned } = await plan(p.root, 'app:1', 'base:2');
      expect(planned.images.map(({ kind }) => kind)).to.deep.equal(['rebase']);
    });
  });
});

const WITH_NEW_BASE = {
  ...HEALTHY,
  images: [
    ...HEALTHY.images,
    { name: 'new', tags: ['base:2'], layers: [{ files: { 'etc/release': '2\n' } }] },
  ],
};

/** Code, message and hint of what is thrown. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RebaseError) {
    return `${error.code}: ${error.message} ${error.hint ?? ''}`;
  }
  throw new Error('nothing was refused', { cause: error });
}
