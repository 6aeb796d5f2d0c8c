/** Many images in one transaction: whole families, manifests, saved plans. */
import { expect } from 'chai';

import { applyPlan } from '../../src/api/apply-plan.ts';
import { planBatch, type BatchRequest } from '../../src/api/plan-batch.ts';
import { planSaved } from '../../src/api/plan-saved.ts';
import { readManifest } from '../../src/domain/manifest/read-manifest.ts';
import { rebasesOf } from '../../src/domain/plan.ts';
import type { Outcome, PlanReport } from '../../src/domain/report.ts';
import { readSavedPlan } from '../../src/plan/read-saved-plan.ts';
import { planDigest, savedPlanText } from '../../src/plan/saved-plan.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees } from '../support/tree-state.ts';
import {
  fastDir,
  OFFLINE,
  openStopped,
  plan,
  problemsIn,
  rebase,
  stateOf,
  taggedId,
  undo,
} from './stopped-store.ts';

/** Two old bases, a new one, an image between, and what stands on them. */
const FAMILY: StoreSpec = {
  images: [
    { name: 'old', tags: ['base:1'], layers: [{ files: { os: '1' } }] },
    { name: 'new', tags: ['base:2'], layers: [{ files: { os: '2' } }] },
    { name: 'other', tags: ['other:1'], layers: [{ files: { other: '1' } }] },
    { name: 'mid', from: 'old', tags: ['team/mid:1'], layers: [{ files: { mid: 'm' } }] },
    {
      name: 'app',
      from: 'mid',
      tags: ['team/app:1', 'team/app:latest'],
      layers: [{ files: { app: 'a' } }],
    },
    { name: 'conf', from: 'old', tags: ['conf:1'], emptyHistory: ['ENV X=1'] },
    { name: 'moved', from: 'new', tags: ['moved:1'], layers: [{ files: { app: 'n' } }] },
    { name: 'foreign', from: 'other', tags: ['team/foreign:1'], layers: [{ files: { f: 'f' } }] },
    { name: 'nameless', from: 'old', layers: [{ files: { n: 'n' } }] },
  ],
};

describe('api: many images at once', () => {
  let store: BuiltStore;
  let root: string;

  beforeEach(async () => {
    root = fastDir();
    store = await buildStore(root, FAMILY);
  });
  afterEach(removeTempDirs);

  async function apply(report: PlanReport): Promise<Outcome> {
    return applyPlan(await openStopped(root), report, OFFLINE);
  }

  function references(report: PlanReport): string[] {
    return rebasesOf(report.plan).map(({ reference }) => reference);
  }

  describe('--all', () => {
    const ALL = { all: true, from: 'base:1' };

    it('moves all tags of everything on the old base, and shares the layers between', async () => {
      const report = await plan(root, [], 'base:2', ALL);
      expect(references(report)).to.deep.equal(['conf:1', 'team/app:1', 'team/mid:1']);
      expect(report.bound.layers, 'mid, and app on it').to.have.length(2);
      await apply(report);
      expect(problemsIn(root)).to.deep.equal([]);
      const app = taggedId(root, 'team/app:1');
      expect(app).not.to.equal(store.image('app').imageId);
      expect(taggedId(root, 'team/app:latest')).to.equal(app);
      expect(taggedId(root, 'base:1')).to.equal(store.image('old').imageId);
      expect(taggedId(root, 'moved:1')).to.equal(store.image('moved').imageId);
    });

    it('has nothing to do the second time, and one undo takes it all back', async () => {
      const before = stateOf(root);
      await apply(await plan(root, [], 'base:2', ALL));
      expect((await plan(root, [], 'base:2', ALL)).plan.images).to.deep.equal([]);
      await undo(root);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
    });

    it('takes the DiffID of a base whose image is gone', async () => {
      const [from] = store.image('old').diffIds;
      const report = await plan(root, [], 'base:2', { all: true, from });
      expect(references(report)).to.include.members(['team/app:1', 'team/mid:1']);
      expect(references(report)).not.to.include('base:1');
    });

    for (const from of ['1', 'scratch']) {
      it(`refuses --from ${from}, which names no family`, () =>
        rejection('USAGE', () => plan(root, [], 'base:2', { all: true, from })));
    }

    it('refuses images beside it, and a base that is not given or not there', async () => {
      await rejection('USAGE', () => plan(root, 'app:1', 'base:2', ALL));
      await rejection('USAGE', () => plan(root, [], 'base:2', { all: true }));
      await rejection('USAGE', () => plan(root, [], 'base:2', { ...ALL, tag: 'x:1' }));
      await rejection('IMAGE_NOT_FOUND', () =>
        plan(root, [], 'base:2', { all: true, from: 'nothing:1' }),
      );
    });
  });

  describe('a manifest', () => {
    async function batch(yaml: string, more: Partial<BatchRequest> = {}): Promise<PlanReport> {
      const manifest = readManifest(`version: 1\n${yaml}`, 'bases.yaml');
      return planBatch(await openStopped(root), {
        manifest,
        config: 'merge',
        clone: 'auto',
        allow: new Set(),
        keepGoing: false,
        ...more,
      });
    }

    it('moves what its globs match: not the new base, nor what is on another', async () => {
      const report = await batch(`
defaults: {onto: base:2, from: base:1}
rebases:
  - match: ['team/*', 'base', 'moved']
    exclude: team/app:latest
  - image: conf:1
    tag: '{repository}:{tag}-rebased'
`);
      expect(references(report)).to.deep.equal(['team/app:1', 'team/mid:1', 'conf:1']);
      await apply(report);
      expect(problemsIn(root)).to.deep.equal([]);
      expect(taggedId(root, 'conf:1')).to.equal(store.image('conf').imageId);
      expect(taggedId(root, 'conf:1-rebased')).to.be.a('string');
      expect(taggedId(root, 'team/app:latest')).to.equal(store.image('app').imageId);
    });

    it('writes nothing unless every entry plans, and names the place of the one that does not', async () => {
      const yaml = `
rebases:
  - {image: conf:1, onto: base:2}
  - {image: nothing:1, onto: base:2}
`;
      const error = await rejection('IMAGE_NOT_FOUND', () => batch(yaml));
      expect(error.message).to.match(/^bases\.yaml:5:5: rebases\[1\]: .*nothing:1/);
    });

    it('does what can be done with --keep-going, and reports the rest', async () => {
      const report = await batch(
        `
rebases:
  - {image: conf:1, onto: base:2}
  - {image: nothing:1, onto: base:2}
  - {image: team/foreign:1, onto: base:2, from: base:1}
  - {image: team/mid:1, onto: base:3}
`,
        { keepGoing: true },
      );
      expect(references(report)).to.deep.equal(['conf:1']);
      expect(report.failures.map(({ reference, error }) => [reference, error.code])).to.deep.equal([
        ['nothing:1', 'IMAGE_NOT_FOUND'],
        ['team/mid:1', 'NEW_BASE_MISSING'],
        ['team/foreign:1', 'NOT_BUILT_ON_FROM'],
      ]);
    });

    it('warns of what is named twice, matches nothing, or is a base that moves too', async () => {
      const report = await batch(`
defaults: {onto: base:2}
rebases:
  - image: team/mid:1
  - image: team/mid:1
  - match: nobody/*
  - image: moved:1
    onto: team/mid:1
    from: base:2
`);
      expect(report.warnings).to.have.length(3);
      expect(report.warnings[0]).to.contain('rebases[2]: no image here is meant by it');
      expect(report.warnings[1]).to.contain(
        'team/mid:1 is named by rebases[0] too; it is taken once',
      );
      expect(report.warnings[2]).to.contain('team/mid:1 is itself rebased here');
    });

    const wrong: [string, string, string][] = [
      [
        'one image with two meanings',
        'rebases:\n  - {image: conf:1, onto: base:2}\n  - {image: conf:1, onto: other:1}\n',
        'conf:1 is named by rebases[0] too, with another meaning',
      ],
      [
        "images that would be each other's base",
        'rebases:\n  - {image: conf:1, onto: other:1}\n  - {image: other:1, onto: conf:1, from: scratch}\n',
        'conf:1 -> other:1 -> conf:1',
      ],
    ];
    for (const [what, yaml, message] of wrong) {
      it(`refuses ${what}`, async () => {
        expect((await rejection('BAD_MANIFEST', () => batch(yaml))).message).to.contain(message);
      });
    }

    it('waives checks for one entry only', async () => {
      const report = await batch(`
rebases:
  - {image: conf:1, onto: base:2, allow: [libc]}
  - {image: team/mid:1, onto: base:2}
`);
      expect(rebasesOf(report.plan).map(({ allowed }) => [...allowed])).to.deep.equal([
        ['libc'],
        [],
      ]);
    });
  });

  describe('a saved plan', () => {
    async function applySaved(text: string, where = root): Promise<PlanReport> {
      const open = await openStopped(where);
      return planSaved(open, { plan: readSavedPlan(text, 'plan.json'), clone: 'auto' });
    }

    async function saved(): Promise<string> {
      const report = await plan(root, [], 'base:2', { all: true, from: 'base:1' });
      return savedPlanText(report.plan);
    }

    it('has the same bytes on two hosts, and gives the same ImageIDs on the other', async () => {
      const text = await saved();
      const first = root;
      await apply(await applySaved(text));
      root = fastDir();
      await buildStore(root, FAMILY);
      expect(await saved()).to.equal(text);
      await apply(await applySaved(text));
      expect(problemsIn(root)).to.deep.equal([]);
      for (const tag of ['team/app:1', 'team/mid:1', 'conf:1']) {
        expect(taggedId(root, tag)).to.equal(taggedId(first, tag));
      }
    });

    it('is read back as it was', async () => {
      const report = await plan(root, ['team/app:1', 'moved:1'], 'base:2', {
        allow: new Set(['libc']),
      });
      expect(readSavedPlan(savedPlanText(report.plan), 'f')).to.deep.equal(report.plan);
    });

    it('applied again has nothing to do', async () => {
      const text = await saved();
      await apply(await applySaved(text));
      const again = await applySaved(text);
      expect(references(again)).to.deep.equal([]);
      expect((await apply(again)).changed).to.equal(false);
    });

    it('does not mind that the rest of the store has moved on', async () => {
      const text = await saved();
      await rebase(root, 'moved:1', 'other:1', { from: 'base:2', allow: new Set(['distro']) });
      expect((await apply(await applySaved(text))).changed).to.equal(true);
    });

    it('is refused when one of its own inputs is another one by now, and says which', async () => {
      const text = await saved();
      await rebase(root, 'team/mid:1', 'other:1', { from: 'base:1' });
      const error = await rejection('STORE_CHANGED', () => applySaved(text));
      expect(error.message).to.contain('team/mid:1 names another image');
    });

    it('is refused where an image is not there', async () => {
      const text = await saved();
      const bare = fastDir();
      await buildStore(bare, { images: FAMILY.images.slice(0, 3) });
      const error = await rejection('STORE_CHANGED', () => applySaved(text, bare));
      expect(error.message).to.contain('is not on this host');
    });

    it('is refused when somebody has changed it', async () => {
      const text = await saved();
      const error = await rejection('BAD_PLAN', () => applySaved(text.replace('conf:1', 'mine:1')));
      expect(error.message).to.contain('it was changed since it was saved');
    });

    interface Saved {
      readonly after: { configText: string };
      readonly tags: { key: string }[];
      readonly oldBase: { layers: number };
      allowed: string[];
      findings: unknown;
    }

    const lies: [string, (image: Saved) => void, string][] = [
      [
        'another config',
        ({ after }) => {
          after.configText += ' ';
        },
        'after.imageId',
      ],
      [
        'another tag',
        ({ tags }) => {
          tags[0]!.key = '../x';
        },
        'tags[0].key',
      ],
      [
        'a seam elsewhere',
        ({ oldBase }) => {
          oldBase.layers = 0;
        },
        'after.diffIds',
      ],
      [
        'a check of no name',
        (image) => {
          image.allowed = ['all'];
        },
        'allowed[0]',
      ],
      [
        'nothing for a list',
        (image) => {
          image.findings = null;
        },
        'findings must be a list',
      ],
    ];
    for (const [what, change, place] of lies) {
      it(`is refused when it says ${what}, with a right digest too`, async () => {
        const document = JSON.parse(await saved()) as { images: Saved[] };
        change(document.images[0]!);
        const digest = planDigest(document);
        const text = JSON.stringify({ ...document, digest });
        expect((await rejection('BAD_PLAN', () => applySaved(text))).message).to.contain(place);
      });
    }

    for (const text of ['', '{}', '[]', 'null', '{"schema":"rebase-image/plan/v2"}']) {
      it(`refuses ${JSON.stringify(text)}`, () => rejection('BAD_PLAN', () => applySaved(text)));
    }
  });
});
