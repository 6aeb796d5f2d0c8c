/** A rebase from plan to undo, through the public functions, on a store whose dockerd is stopped. */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { explainBase } from '../../src/api/explain-base.ts';
import { listTransactions } from '../../src/api/list-transactions.ts';
import { showStatus } from '../../src/api/show-status.ts';
import { planUndoTransaction } from '../../src/api/undo-transaction.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import {
  abort,
  openStopped,
  plan,
  problemsIn,
  rebase,
  resume,
  SMALL,
  stateOf,
  taggedId,
  undo,
  fastDir,
} from './stopped-store.ts';

describe('api: a rebase on a stopped store', () => {
  let store: BuiltStore;
  let root: string;
  let before: TreeState;

  beforeEach(() => build(SMALL));
  afterEach(removeTempDirs);

  it('moves the tag to a sound image, and says what it did', async () => {
    const outcome = await rebase(root, 'app:1', 'base:2');
    const after = taggedId(root, 'app:1')!;
    const { bytes } = outcome.images[0]!.applied!;
    // The large file, whatever blocks the file system has.
    expect(bytes).to.be.above(100_000);
    expect(outcome.durations).to.have.all.keys('stage', 'publish');
    expect(outcome).to.deep.include({
      changed: true,
      transaction: 1,
      images: [
        {
          reference: 'app:1',
          outcome: 'rebased',
          before: store.image('app').imageId,
          after,
          tags: ['app:1'],
          reason: undefined,
          applied: { cloned: 2, reused: 0, bytes, verdict: 'SAFE' },
        },
      ],
      pending: undefined,
      notes: [],
    });
    const app = store.image('app');
    expect(diffIdsOf(after)).to.deep.equal([
      ...store.image('new').diffIds,
      ...app.diffIds.slice(1),
    ]);
    expect(problemsIn(root)).to.deep.equal([]);
  });

  it('leaves the old image, its other tags, digests and containers as they were', async () => {
    await rebase(root, 'app:1', 'base:2');
    expect(taggedId(root, 'app:latest')).to.equal(store.image('app').imageId);
    const gone = changes().filter((line) => line.startsWith('- '));
    expect(gone).to.deep.equal([]);
    expect(changes().filter((line) => line.includes('containers'))).to.deep.equal([]);
  });

  it('writes nothing the second time, and says why', async () => {
    await rebase(root, 'app:1', 'base:2');
    const once = stateOf(root, { mtimes: true });
    const again = await rebase(root, 'app:1', 'base:2');
    expect(again).to.include({ changed: false, transaction: undefined });
    expect(again.images[0]).to.include({ outcome: 'unchanged', reason: 'already on base:2' });
    expect(diffTrees(once, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    for (const from of ['base:1', '1', store.image('old').diffIds[0]!]) {
      const third = await rebase(root, 'app:1', 'base:2', { from });
      expect(third.changed, `--from ${from}`).to.equal(false);
    }
  });

  it('writes nothing at all while it only plans', async () => {
    const whole = stateOf(root, { mtimes: true });
    for (const clone of ['auto', 'link', 'copy', 'reflink'] as const) {
      await plan(root, ['app:1', 'conf:1', 'sibling:1'], 'base:2', { clone, keepOld: KEEP });
    }
    explainBase(await openStopped(root), 'app:1');
    await showStatus(await openStopped(root));
    listTransactions(await openStopped(root));
    expect(diffTrees(whole, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    expect([...stateOf(root).keys()]).not.to.include('rebase-image');
  });

  for (const clone of ['auto', 'link', 'copy'] as const) {
    it(`clones in mode ${clone}, and undo gives the store back`, async () => {
      await rebase(root, 'app:1', 'base:2', { clone });
      expect(problemsIn(root)).to.deep.equal([]);
      await undo(root);
      expect(changes()).to.deep.equal([]);
    });
  }

  it('takes several images in one transaction, and clones what they share once', async () => {
    const outcome = await rebase(root, ['app:1', 'sibling:1', 'conf:1'], 'base:2');
    expect(outcome.images.map(({ outcome: what }) => what)).to.deep.equal(Array(3).fill('rebased'));
    // Of the app and its sibling three layers are theirs; the image that only sets config has none.
    expect(added(/layerdb\/sha256\/[0-9a-f]{64}$/)).to.have.length(3);
    expect(added(/imagedb\/content\/sha256\/[0-9a-f]{64}$/)).to.have.length(3);
    expect(problemsIn(root)).to.deep.equal([]);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('takes an image once that is named twice', async () => {
    const outcome = await rebase(root, ['app:1', 'docker.io/library/app:1'], 'base:2');
    expect(outcome.images).to.have.length(1);
  });

  it('reuses layers that an earlier transaction made, and keeps them until the last is undone', async () => {
    await rebase(root, 'app:1', 'base:2');
    const once = stateOf(root);
    const report = await plan(root, 'sibling:1', 'base:2');
    expect([report.bound.layers.length, report.bound.reused.length]).to.deep.equal([1, 1]);
    await rebase(root, 'sibling:1', 'base:2');
    expect(problemsIn(root)).to.deep.equal([]);

    await undo(root, 1);
    expect(problemsIn(root)).to.deep.equal([]);
    expect(taggedId(root, 'app:1')).to.equal(store.image('app').imageId);
    await undo(root, 2);
    expect(changes(), 'the shared layer goes with its last user').to.deep.equal([]);

    await rebase(root, 'app:1', 'base:2');
    await rebase(root, 'sibling:1', 'base:2');
    await undo(root, 4);
    expect(diffTrees(once, stateOf(root))).to.deep.equal([]);
  });

  it('makes no layer for an image that only sets config', async () => {
    const report = await plan(root, 'conf:1', 'base:2');
    expect(report.bound.layers).to.deep.equal([]);
    await rebase(root, 'conf:1', 'base:2');
    expect(diffIdsOf(taggedId(root, 'conf:1')!)).to.deep.equal(store.image('new').diffIds);
    expect((await rebase(root, 'conf:1', 'base:2')).changed).to.equal(false);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('comes back to the first ImageID: onto the new base and onto the old one again', async () => {
    await rebase(root, 'app:1', 'base:2');
    await rebase(root, 'app:1', 'base:1');
    expect(taggedId(root, 'app:1')).to.equal(store.image('app').imageId);
    expect(added(/content\/sha256\/[0-9a-f]{64}$/)).to.have.length(1);
  });

  it('takes that back too: an image that was there before depends on no transaction', async () => {
    await rebase(root, 'app:1', 'base:2');
    await rebase(root, 'app:1', 'base:1');
    await undo(root, 2);
    await undo(root, 1);
    expect(changes()).to.deep.equal([]);
  });

  it('gives the result the tag that --tag names, and leaves the own one', async () => {
    const outcome = await rebase(root, 'app:1', 'base:2', { tag: 'reg.local:5000/team/app:2' });
    expect(outcome.images[0]?.tags).to.deep.equal(['reg.local:5000/team/app:2']);
    expect(taggedId(root, 'app:1')).to.equal(store.image('app').imageId);
    expect(taggedId(root, 'reg.local:5000/team/app:2')).to.equal(outcome.images[0]?.after);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('takes an image by ID, short or full, or by digest, with --tag only', async () => {
    const { imageId } = store.image('app');
    for (const name of [imageId, imageId.slice(7), imageId.slice(7, 19)]) {
      await rejection('USAGE', () => plan(root, name, 'base:2'));
      const report = await plan(root, name, 'base:2', { tag: 'result' });
      expect(report.bound.tags.map(({ key }) => key)).to.deep.equal(['result:latest']);
    }
  });

  it('takes a name without tag for :latest, and the full form for the familiar one', async () => {
    for (const name of ['app', 'docker.io/library/app', 'index.docker.io/library/app:latest']) {
      const report = await plan(root, name, 'docker.io/base:2');
      expect(report.bound.tags[0]?.key).to.equal('app:latest');
    }
  });

  it('refuses a tag of another image, unless retag is allowed', async () => {
    const error = await rejection('CHECK_REFUSED', () =>
      rebase(root, 'app:1', 'base:2', { tag: 'sibling:1' }),
    );
    expect(error.hint).to.contain('--allow retag');
    await rebase(root, 'app:1', 'base:2', { tag: 'sibling:1', allow: new Set(['retag']) });
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('keeps the old image under a name of its own', async () => {
    const report = await plan(root, 'app:1', 'base:2', { keepOld: KEEP });
    const old = `app:1-before-${store.image('app').imageId.slice(7, 19)}`;
    expect(report.bound.tags.map(({ key }) => key).sort()).to.deep.equal(['app:1', old]);
    await rebase(root, 'app:1', 'base:2', { keepOld: KEEP });
    expect(taggedId(root, old)).to.equal(store.image('app').imageId);
    await undo(root);
    expect(changes()).to.deep.equal([]);
  });

  it('warns when the old image is left without a tag', async () => {
    const warns = async (name: string, keepOld?: string): Promise<boolean> => {
      const [image] = (await plan(root, name, 'base:2', { keepOld })).plan.images;
      return image?.kind === 'rebase' && image.findings.some(({ check }) => check === 'old-image');
    };
    expect(await warns('sibling:1')).to.equal(true);
    expect(await warns('sibling:1', KEEP)).to.equal(false);
    expect(await warns('app:1')).to.equal(false);
  });

  it('names the containers that keep the old image, in plan and status', async () => {
    const report = await plan(root, 'app:1', 'base:2');
    expect(report.containers.map(({ name }) => name)).to.deep.equal(['box']);
    await rebase(root, 'app:1', 'base:2');
    const status = await showStatus(await openStopped(root));
    expect(status.onOldImages.map(({ container, tag }) => [container.name, tag])).to.deep.equal([
      ['box', 'app:1'],
    ]);
    expect(status).to.deep.include({ open: [], movedAway: [], pendingRestart: [] });
  });

  it('lists transactions, newest first, with what became of them', async () => {
    await rebase(root, 'app:1', 'base:2', { command: 'first' });
    await rebase(root, 'sibling:1', 'base:2', { command: 'second' });
    await undo(root);
    const list = listTransactions(await openStopped(root));
    expect(
      list.map(({ transaction, state, command }) => [transaction, state, command]),
    ).to.deep.equal([
      [2, 'undone', 'second'],
      [1, 'published', 'first'],
    ]);
  });

  it('sees in status that a tag was moved since', async () => {
    await rebase(root, 'app:1', 'base:2');
    const result = taggedId(root, 'app:1')!;
    const pulled = store.image('sibling').imageId;
    rewrite((text) => text.replace(`"app:1":"${result}"`, `"app:1":"${pulled}"`));
    const status = await showStatus(await openStopped(root));
    expect(status.movedAway).to.deep.equal([{ tag: 'app:1', expected: result, now: pulled }]);
  });

  it('explains on what an image was built', async () => {
    const report = explainBase(await openStopped(root), 'app:1');
    expect(report.detected).to.include({ name: 'base:1', layers: 1 });
    expect(report.candidates.map(({ name }) => name)).to.include('base:1');
    const none = explainBase(await openStopped(root), 'base:2');
    expect(none.detected).to.equal(undefined);
    expect(none.undecided).to.contain('base:2');
  });

  it('takes an old base whose image is gone, by its DiffID', async () => {
    forget('old', 'conf');
    await rejection('BASE_NOT_FOUND', () => plan(root, 'app:1', 'base:2'));
    const report = explainBase(await openStopped(root), 'app:1');
    expect(report.proposals.map(({ topDiffId }) => topDiffId)).to.include(
      store.image('old').diffIds[0],
    );
    await rebase(root, 'app:1', 'base:2', { from: store.image('old').diffIds[0]! });
    expect(diffIdsOf(taggedId(root, 'app:1')!).slice(0, 2)).to.deep.equal(
      store.image('new').diffIds,
    );
    expect(problemsIn(root)).to.deep.equal([]);
  });

  describe('undo', () => {
    it('says so when there is nothing, or no such transaction, or it is undone already', async () => {
      await rejection('TRANSACTION_NOT_FOUND', () => undo(root));
      await rebase(root, 'app:1', 'base:2');
      await rejection('TRANSACTION_NOT_FOUND', () => undo(root, 7));
      await undo(root);
      const error = await rejection('TRANSACTION_NOT_FOUND', () => undo(root, 1));
      expect(error.message).to.contain('undone already');
    });

    it('refuses while a later transaction stands on the result', async () => {
      await rebase(root, 'app:1', 'base:2');
      await rebase(root, 'app:1', 'base:1');
      const error = await rejection('IN_USE', () => undo(root, 1));
      expect(error.message).to.contain('transaction 2');
    });

    it('refuses while another tag names the result', async () => {
      await rebase(root, 'app:1', 'base:2');
      const result = taggedId(root, 'app:1')!;
      rewrite((text) => text.replace('"app:1"', `"app:0":"${result}","app:1"`));
      const whole = stateOf(root, { mtimes: true });
      const error = await rejection('IN_USE', () => undo(root));
      expect(error.message).to.contain('app:0');
      expect(diffTrees(whole, stateOf(root, { mtimes: true }))).to.deep.equal([]);
    });

    it('refuses when the old image was pruned', async () => {
      await rebase(root, 'app:1', 'base:2');
      forget('app');
      const error = await rejection('IN_USE', () => undo(root));
      expect(error.message).to.contain('is gone');
    });

    it('leaves a tag that was moved since, and says so', async () => {
      await rebase(root, 'app:1', 'base:2');
      const result = taggedId(root, 'app:1')!;
      const pulled = store.image('sibling').imageId;
      rewrite((text) => text.replace(result, pulled));
      const { plan: planned } = planUndoTransaction(await openStopped(root), undefined);
      expect(planned.notes).to.have.length(1);
      await undo(root);
      expect(taggedId(root, 'app:1')).to.equal(pulled);
      expect(added(/layerdb\/sha256\/[0-9a-f]{64}$/)).to.deep.equal([]);
    });

    it('keeps tags that were made since', async () => {
      await rebase(root, 'app:1', 'base:2');
      rewrite((text) => text.replace('"app:1"', `"app:0":"${store.image('app').imageId}","app:1"`));
      await undo(root);
      expect(taggedId(root, 'app:0')).to.equal(store.image('app').imageId);
      expect(changes())
        .to.have.length(1)
        .and.satisfy((lines: string[]) => {
          return lines[0]?.startsWith('~ image/overlay2/repositories.json');
        });
    });
  });

  describe('with other stores', () => {
    it('clones BuildKit layers, under names of dockerd', async () => {
      await build({
        images: SMALL.images.map((image) => ({ ...image, buildkit: true })),
      });
      expect(store.image('app').cacheIds[1]).to.match(/^[0-9a-z]{25}$/);
      await rebase(root, 'app:1', 'base:2');
      expect(problemsIn(root)).to.deep.equal([]);
      await undo(root);
      expect(changes()).to.deep.equal([]);
    });

    for (const [old, fresh, own] of [
      [1, 3, 1],
      [5, 2, 3],
      [1, 1, 0],
      [3, 5, 12],
    ] as const) {
      it(`puts ${own} layers from a base of ${old} onto one of ${fresh}`, async () => {
        await build(towers(old, fresh, own));
        await rebase(root, 'app:1', 'base:new');
        expect(diffIdsOf(taggedId(root, 'app:1')!)).to.have.length(fresh + own);
        expect(problemsIn(root)).to.deep.equal([]);
        await undo(root);
        expect(changes()).to.deep.equal([]);
      });
    }

    it('reaches 124 layers, and refuses one more', async () => {
      await build(towers(1, 120, 4));
      await rebase(root, 'app:1', 'base:new');
      expect(problemsIn(root)).to.deep.equal([]);
      await build(towers(1, 120, 5));
      const error = await rejection('CHECK_REFUSED', () => rebase(root, 'app:1', 'base:new'));
      expect(error.message).to.contain('125 layers');
      expect(changes()).to.deep.equal([]);
    }).timeout(600_000);

    it('clones the same layer twice where it is twice in the stack', async () => {
      const twice = { files: { same: 's', big: 'b'.repeat(70_000) } };
      await build({
        images: [
          { name: 'old', tags: ['base:old'], layers: [{ files: { o: '' } }] },
          { name: 'new', tags: ['base:new'], layers: [{ files: { n: '' } }] },
          { name: 'app', from: 'old', tags: ['app:1'], layers: [twice, { files: {} }, twice] },
        ],
      });
      await rebase(root, 'app:1', 'base:new');
      expect(problemsIn(root)).to.deep.equal([]);
      await undo(root);
      expect(changes()).to.deep.equal([]);
    });

    it('does nothing twice for a new base that is built FROM the old one', async () => {
      await build({
        images: [
          { name: 'old', tags: ['base:1'], layers: [{ files: { o: '' } }] },
          { name: 'new', from: 'old', tags: ['base:2'], layers: [{ files: { n: '' } }] },
          { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files: { a: '' } }] },
        ],
      });
      await rebase(root, 'app:1', 'base:2');
      expect(diffIdsOf(taggedId(root, 'app:1')!)).to.have.length(3);
      expect((await rebase(root, 'app:1', 'base:2')).changed).to.equal(false);
      expect((await rebase(root, 'app:1', 'base:2', { from: 'base:1' })).changed).to.equal(false);
    });

    for (const [what, files] of [
      ['redirect', { dir: { kind: 'dir', xattrs: { 'trusted.overlay.redirect': '/a' } } }],
      ['metacopy', { file: { content: '', xattrs: { 'trusted.overlay.metacopy': '' } } }],
    ] as const) {
      it(`refuses a layer that needs files of its old base: ${what}`, async () => {
        await build({
          images: [
            { name: 'old', tags: ['base:1'], layers: [{ files: { o: '' } }] },
            { name: 'new', tags: ['base:2'], layers: [{ files: { n: '' } }] },
            { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files }] },
          ],
        });
        const error = await rejection('CHECK_REFUSED', () => rebase(root, 'app:1', 'base:2'));
        expect(error.message).to.contain(what);
        const allow = new Set(['redirect']);
        await rejection('STORE_UNSUPPORTED', () => rebase(root, 'app:1', 'base:2', { allow }));
        expect(changes()).to.deep.equal([]);
      });
    }
  });

  it('works where the data-root is a symlink', async () => {
    const link = join(makeTempDir(), 'docker');
    symlinkSync(root, link);
    await rebase(link, 'app:1', 'base:2');
    expect(problemsIn(root)).to.deep.equal([]);
    await undo(link);
    expect(changes()).to.deep.equal([]);
  });

  it('works in the <uid>.<gid> folder of userns-remap', async () => {
    const parent = makeTempDir();
    store = await buildStore(join(parent, '231072.231072'), SMALL);
    const whole = stateOf(store.root);
    await rebase(parent, 'app:1', 'base:2');
    expect(problemsIn(store.root)).to.deep.equal([]);
    await undo(parent);
    expect(diffTrees(whole, stateOf(store.root))).to.deep.equal([]);
  });

  it('has nothing to resume and nothing to abort after a finished run', async () => {
    await rebase(root, 'app:1', 'base:2');
    await rejection('TRANSACTION_NOT_FOUND', () => resume(root));
    await rejection('TRANSACTION_NOT_FOUND', () => abort(root));
  });

  async function build(spec: StoreSpec): Promise<void> {
    store = await buildStore(fastDir(), spec);
    root = store.root;
    before = stateOf(root);
  }

  function changes(): string[] {
    return diffTrees(before, stateOf(root));
  }

  function added(pattern: RegExp): string[] {
    const lines = changes().filter((line) => line.startsWith('+ '));
    return lines.map((line) => line.slice(2).split(': ')[0]!).filter((path) => pattern.test(path));
  }

  function rewrite(change: (text: string) => string): void {
    const file = join(store.paths.image, 'repositories.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  /** As `docker rmi` of images whose layers others still use. */
  function forget(...names: string[]): void {
    for (const name of names) {
      const { imageId } = store.image(name);
      rmSync(join(store.paths.content, imageId.slice(7)));
      rewrite((text) => {
        const { Repositories } = JSON.parse(text) as Tags;
        const kept = Object.entries(Repositories).map(([repository, keys]) => [
          repository,
          Object.fromEntries(Object.entries(keys).filter(([, id]) => id !== imageId)),
        ]);
        return JSON.stringify({ Repositories: Object.fromEntries(kept) as unknown });
      });
    }
  }

  function diffIdsOf(imageId: string): string[] {
    const text = readFileSync(join(store.paths.content, imageId.slice(7)), 'utf8');
    return (JSON.parse(text) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids;
  }
});

interface Tags {
  readonly Repositories: Record<string, Record<string, string>>;
}

const KEEP = '{repository}:{tag}-before-{id}';

/** Two bases and an app of so many layers each. */
function towers(old: number, fresh: number, own: number): StoreSpec {
  const layers = (name: string, count: number): { files: Record<string, string> }[] =>
    Array.from({ length: count }, (_, i) => ({ files: { [`${name}/${String(i)}`]: name } }));
  return {
    images: [
      { name: 'old', tags: ['base:old'], layers: layers('old', old) },
      { name: 'new', tags: ['base:new'], layers: layers('new', fresh) },
      {
        name: 'app',
        from: 'old',
        tags: ['app:1'],
        layers: layers('app', own),
        emptyHistory: ['CMD ["app"]'],
      },
    ],
  };
}
