/** Laws that hold on every store (DESIGN.md, "The straight line"), on generated ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import type { RebaseRequest } from '../../src/api/plan-rebase.ts';
import { CHECKS } from '../../src/domain/finding.ts';
import type { Outcome } from '../../src/domain/report.ts';
import { arbitraryRebaseCase, type RebaseCase } from '../support/arbitrary-store.ts';
import { buildStore, type BuiltStore, type DockerConfig } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees } from '../support/tree-state.ts';
import {
  plan,
  problemsIn,
  rebase as rebaseStopped,
  stateOf,
  taggedId,
  undo,
  fastDir,
} from './stopped-store.ts';

const RUNS = { numRuns: 12 };

describe('api: laws on generated stores', function () {
  this.timeout(600_000);
  afterEach(removeTempDirs);

  it('a plan writes nothing', () =>
    holds(async ({ root }, { tags }) => {
      const before = stateOf(root, { mtimes: true });
      await plan(root, tags.app, tags.newBase);
      expect(diffTrees(before, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    }));

  it('the same command twice has nothing to do the second time, and writes nothing', () =>
    holds(async ({ root }, { tags }) => {
      await rebase(root, tags.app, tags.newBase);
      const once = stateOf(root, { mtimes: true });
      for (const from of [undefined, tags.oldBase]) {
        expect((await rebase(root, tags.app, tags.newBase, { from })).changed).to.equal(false);
      }
      expect(diffTrees(once, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    }));

  it('the result is the new base and the app layers, in count and order', () =>
    holds(async (store, { tags, app, oldBase, newBase }) => {
      await rebase(store.root, tags.app, tags.newBase);
      const own = store.image(app).diffIds.slice(store.image(oldBase).diffIds.length);
      expect(diffIdsOf(store, taggedId(store.root, tags.app)!)).to.deep.equal([
        ...store.image(newBase).diffIds,
        ...own,
      ]);
    }));

  it('every image is sound after every rebase and undo, and no other image changes', () =>
    holds(async (store, { tags }) => {
      const { root } = store;
      const bystanders = (): string[] =>
        store.images.map(({ imageId }) => configOf(store, imageId));
      const before = bystanders();
      await rebase(root, tags.app, tags.newBase);
      expect(problemsIn(root)).to.deep.equal([]);
      expect(bystanders()).to.deep.equal(before);
      await undo(root);
      expect(problemsIn(root)).to.deep.equal([]);
      expect(bystanders()).to.deep.equal(before);
    }));

  it('a rebase only adds, and its undo gives the tree back', () =>
    holds(async ({ root }, { tags }) => {
      const before = stateOf(root);
      for (const clone of ['auto', 'link'] as const) {
        await rebase(root, tags.app, tags.newBase, { clone });
        const gone = diffTrees(before, stateOf(root)).filter((line) => line.startsWith('-'));
        expect(gone).to.deep.equal([]);
        await undo(root);
        expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      }
    }));

  it('onto the new base and back gives the first ImageID, where no one had to guess', () =>
    holds(
      async (store, { tags, app, oldBase }) => {
        const { root } = store;
        await rebase(root, tags.app, tags.newBase, { from: tags.oldBase });
        await rebase(root, tags.app, tags.oldBase, { from: tags.newBase });
        expect(problemsIn(root)).to.deep.equal([]);
        const now = taggedId(root, tags.app)!;
        expect(diffIdsOf(store, now)).to.deep.equal(store.image(app).diffIds);
        expect(now, `from ${oldBase}`).to.equal(store.image(app).imageId);
      },
      (one) => one.historyConsistent && one.relation !== 'extends' && hasPath(one),
      withoutConflicts,
    ));

  it('two hosts with the same images come to the same plan, byte for byte', () =>
    holds(async ({ root }, { tags, store: spec }) => {
      const other = await buildStore(fastDir(), spec);
      const [here, there] = [
        await plan(root, tags.app, tags.newBase),
        await plan(other.root, tags.app, tags.newBase),
      ];
      expect([there.plan, there.bound]).to.deep.equal([here.plan, here.bound]);
    }));
});

/** Plans and applies, whatever the checks on contents say of these small layers. */
function rebase(
  root: string,
  image: string,
  onto: string,
  more: Partial<RebaseRequest> = {},
): Promise<Outcome> {
  return rebaseStopped(root, image, onto, { allow: new Set(CHECKS), ...more });
}

/** As each image has it that was built, and not imported: builders see to it. */
function hasPath({ store: { images }, app, oldBase }: RebaseCase): boolean {
  const own = images.find(({ name }) => name === app)?.config;
  const base = images.find(({ name }) => name === oldBase)?.config;
  const env = own !== undefined && 'Env' in own ? own['Env'] : base?.['Env'];
  return env !== null;
}

/** The app sets only what the bases agree on, so that none of its settings is in conflict. */
function withoutConflicts(one: RebaseCase): RebaseCase {
  const settingsOf = (name: string): DockerConfig =>
    one.store.images.find((image) => image.name === name)?.config ?? {};
  const [old, next] = [settingsOf(one.oldBase), settingsOf(one.newBase)];
  const agreed = Object.entries(settingsOf(one.app)).filter(
    ([key]) => JSON.stringify(old[key]) === JSON.stringify(next[key]),
  );
  const config = Object.fromEntries(agreed);
  const images = one.store.images.map((image) =>
    image.name === one.app ? { ...image, config } : image,
  );
  return { ...one, store: { ...one.store, images } };
}

async function holds(
  law: (store: BuiltStore, one: RebaseCase) => Promise<void>,
  where: (one: RebaseCase) => boolean = () => true,
  prepared: (one: RebaseCase) => RebaseCase = (one) => one,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitraryRebaseCase().map(prepared).filter(where), async (one) => {
      await law(await buildStore(fastDir(), one.store), one);
    }),
    RUNS,
  );
}

function configOf({ paths }: BuiltStore, imageId: string): string {
  return readFileSync(join(paths.content, imageId.slice(7)), 'utf8');
}

function diffIdsOf(store: BuiltStore, imageId: string): string[] {
  const { rootfs } = JSON.parse(configOf(store, imageId)) as { rootfs: { diff_ids: string[] } };
  return rootfs.diff_ids;
}
