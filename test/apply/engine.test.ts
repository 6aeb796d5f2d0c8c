import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { discard, publish, stage, undo, type Engine } from '../../src/apply/engine.ts';
import {
  beginTransaction,
  openTransaction,
  readTransactions,
  type Transaction,
} from '../../src/apply/journal.ts';
import { planUndoOf } from '../../src/api/undo-facts.ts';
import type { PlanReport } from '../../src/domain/report.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { RebaseError } from '../../src/errors.ts';
import { fastDir, plan, problemsIn, SMALL, stateOf, taggedId } from '../api/stopped-store.ts';
import { buildStore, sha256Hex, type BuiltStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import { failingDisk, torn, watchedDisk } from './failing-disk.ts';

describe('apply/engine', () => {
  let store: BuiltStore;
  let before: TreeState;

  beforeEach(async () => {
    store = await buildStore(fastDir(), SMALL);
    before = stateOf(store.root);
  });
  afterEach(removeTempDirs);

  describe('what a rebase writes', () => {
    it('is exactly the new entries, the moved tag, and `committed` in the new base', async () => {
      const { bound } = await planned();
      await applied();
      const [lower, upper] = bound.layers;
      const expected = [
        ...bound.layers.flatMap(({ chainId, cacheId, link }) => [
          `+ image/overlay2/layerdb/sha256/${chainId.slice(7)}`,
          ...['cache-id', 'diff', 'parent', 'size', 'tar-split.json.gz'].map(
            (name) => `+ image/overlay2/layerdb/sha256/${chainId.slice(7)}/${name}`,
          ),
          ...['', '/committed', '/diff', '/link', '/lower', '/work'].map(
            (name) => `+ overlay2/${cacheId}${name}`,
          ),
          `+ overlay2/l/${link}`,
        ]),
        ...['opt', 'opt/large', 'opt/run'].map(
          (name) => `+ overlay2/${lower!.cacheId}/diff/${name}`,
        ),
        ...['dir', 'old-only'].map((name) => `+ overlay2/${upper!.cacheId}/diff/${name}`),
        // The large file is linked, so its source counts one name more.
        `~ ${store.diffOf('app', 1).slice(store.root.length + 1)}/opt/large`,
        `+ image/overlay2/imagedb/content/sha256/${bound.images[0]!.imageId.slice(7)}`,
        `+ overlay2/${store.image('new').cacheIds[1]!}/committed`,
        '~ image/overlay2/repositories.json',
      ];
      const found = diffTrees(before, stateOf(store.root)).map((line) => line.split(': ')[0]);
      expect(found.sort()).to.deep.equal(expected.sort());
    });

    it('has the bytes, modes and owners of dockerd', async () => {
      const { bound } = await planned();
      await applied();
      const { root, paths } = store;
      const app = store.image('app');
      const [lower, upper] = bound.layers;
      const files: [string, string, number][] = [];
      for (const [index, layer] of bound.layers.entries()) {
        const entry = join(paths.layers, layer.chainId.slice(7));
        const overlay = join(paths.overlay, layer.cacheId);
        const parent = index === 0 ? store.image('new').chainIds[1]! : lower!.chainId;
        const size = readFileSync(join(store.layerdbOf('app', index + 1), 'size'), 'utf8');
        const split = readFileSync(join(store.layerdbOf('app', index + 1), 'tar-split.json.gz'));
        expect(layer.chainId).to.equal(
          `sha256:${sha256Hex(`${parent} ${app.diffIds[index + 1]!}`)}`,
        );
        expect(layer.cacheId).to.match(/^[0-9a-f]{64}$/);
        expect(layer.link).to.match(/^[A-Z2-7]{26}$/);
        expect(mode(entry)).to.equal(0o700);
        expect(mode(overlay)).to.equal(0o710);
        expect(mode(join(overlay, 'work'))).to.equal(0o700);
        expect(mode(join(overlay, 'diff'))).to.equal(0o755);
        expect(readlinkSync(join(paths.overlay, 'l', layer.link))).to.equal(
          `../${layer.cacheId}/diff`,
        );
        files.push(
          [join(entry, 'cache-id'), layer.cacheId, 0o644],
          [join(entry, 'diff'), app.diffIds[index + 1]!, 0o644],
          [join(entry, 'parent'), parent, 0o644],
          [join(entry, 'size'), size, 0o644],
          [join(entry, 'tar-split.json.gz'), split.toString('latin1'), 0o644],
          [join(overlay, 'link'), layer.link, 0o644],
          [join(overlay, 'committed'), '', 0o600],
        );
      }
      const link = (cacheId: string): string =>
        readFileSync(join(paths.overlay, cacheId, 'link'), 'utf8');
      const [bottom, top] = store.image('new').cacheIds;
      const below = `l/${link(top!)}:l/${link(bottom!)}`;
      const image = bound.images[0]!;
      files.push(
        [join(paths.overlay, lower!.cacheId, 'lower'), below, 0o644],
        [join(paths.overlay, upper!.cacheId, 'lower'), `l/${lower!.link}:${below}`, 0o644],
        [join(paths.overlay, top!, 'committed'), '', 0o600],
        [join(paths.content, image.imageId.slice(7)), image.configText, 0o600],
      );
      for (const [file, content, bits] of files) {
        expect(readFileSync(file, 'latin1'), file).to.equal(
          Buffer.from(content, file.endsWith('.gz') ? 'latin1' : 'utf8').toString('latin1'),
        );
        expect(mode(file), file).to.equal(bits);
        expect([lstatSync(file).uid, lstatSync(file).gid], file).to.deep.equal([0, 0]);
      }
      expect(sha256Hex(image.configText)).to.equal(image.imageId.slice(7));
      expect(root).to.equal(layoutOf(root).root);
    });

    it('leaves repositories.json compact, sorted and 0600, with only the one tag moved', async () => {
      const text = readFileSync(repositories(), 'utf8');
      const { after } = (await planned()).bound.tags[0]!;
      await applied();
      const old = `"app:1":"${store.image('app').imageId}"`;
      expect(readFileSync(repositories(), 'utf8')).to.equal(
        text.replace(old, `"app:1":"${after}"`),
      );
      expect(text).to.contain(old);
      expect(mode(repositories())).to.equal(0o600);
    });

    it('goes in parents first, the image after its layers, the tag last of all', async () => {
      const renames: string[] = [];
      const watching: Disk = {
        ...hostDisk,
        rename(from, to) {
          renames.push(to.slice(store.root.length + 1));
          hostDisk.rename(from, to);
        },
      };
      const { bound } = await planned();
      const staged = await stage(engine(), begun(await planned()));
      await publish(engine(watching), staged);
      expect(renames).to.deep.equal([
        ...bound.layers.map(({ chainId }) => `image/overlay2/layerdb/sha256/${chainId.slice(7)}`),
        `image/overlay2/imagedb/content/sha256/${bound.images[0]!.imageId.slice(7)}`,
        'image/overlay2/repositories.json',
      ]);
    });

    it('is all there before the first rename: a stage adds nothing that dockerd reads', async () => {
      await stage(engine(), begun(await planned()));
      const read = diffTrees(before, stateOf(store.root)).filter((line) =>
        /(layerdb\/sha256|imagedb\/content\/sha256\/[^.]|repositories)/.test(line),
      );
      expect(read).to.deep.equal([]);
    });

    it('belongs to the remapped root where the store is one of userns-remap', async () => {
      const root = join(makeTempDir(), '100000.100001');
      const mapped = await buildStore(root, SMALL);
      execFileSync(
        'sh',
        [
          '-c',
          'chown 0:100001 overlay2 overlay2/*; chown 100000:100001 overlay2/*/diff overlay2/*/work',
        ],
        { cwd: root, stdio: 'ignore' },
      );
      const report = await plan(root, 'app:1', 'base:2');
      const own: Engine = { ...engine(), layout: layoutOf(root) };
      await publish(own, await stage(own, begun(report, own)));
      for (const { cacheId } of report.bound.layers) {
        const owner = (name: string): number[] => {
          const { uid, gid } = lstatSync(join(mapped.paths.overlay, cacheId, name));
          return [uid, gid];
        };
        expect([mode(join(mapped.paths.overlay, cacheId)), ...owner('.')]).to.deep.equal([
          0o710, 0, 100001,
        ]);
        expect(owner('diff')).to.deep.equal([100000, 100001]);
        expect(owner('work')).to.deep.equal([100000, 100001]);
        expect(owner('link')).to.deep.equal([0, 0]);
      }
      expect(problemsIn(root)).to.deep.equal([]);
    });
  });

  describe('undo of a published transaction', () => {
    it('gives back exactly the tree before', async () => {
      const times = stateOf(join(store.root, 'overlay2'), { mtimes: true });
      const done = await applied();
      await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
      expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
      const after = stateOf(join(store.root, 'overlay2'), { mtimes: true });
      const below = diffTrees(times, after).filter((line) => line.includes('/diff'));
      expect(below).to.deep.equal([]);
    });

    it('gives back a repositories.json with white space and foreign keys byte for byte', async () => {
      const odd = ` { "Future": [1] ,"Repositories" :${JSON.stringify(tagsIn(readFileSync(repositories(), 'utf8')), null, 2)}}\n`;
      writeFileSync(repositories(), odd);
      const done = await applied();
      await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
      expect(readFileSync(repositories(), 'utf8')).to.equal(odd);
    });

    it('finishes when it failed at any call of the disk before', async () => {
      for (let n = 1; ; n += 1) {
        const done = await applied();
        const { disk, calls } = failingDisk(n, 'EIO');
        const { removable } = planUndoOf(layoutOf(store.root), done);
        const failed = await outcomeOf(undo(engine(disk), done, removable));
        if (calls() < n) break;
        expect(failed, `call ${n}`).to.be.instanceOf(Error);
        const again = latest();
        await undo(engine(), again, planUndoOf(layoutOf(store.root), again).removable);
        expect(diffTrees(before, stateOf(store.root)), `call ${n}`).to.deep.equal([]);
        expect(latest().state).to.equal('undone');
      }
    });
  });

  describe('a stage that fails', () => {
    it(`leaves the store as it was, whichever call of the disk throws`, async () => {
      const wrong: string[] = [];
      for (let n = 1; ; n += 1) {
        const { disk, calls, failed } = failingDisk(n, 'ENOSPC');
        const result = await outcomeOf(stage(engine(disk), begun(await planned())));
        if (calls() < n) break;
        const left = diffTrees(before, stateOf(store.root));
        // A probe that fails says that blocks cannot be shared, and nothing more.
        const isProbe = failed().startsWith('reflinkFile') && !(result instanceof Error);
        if (!isProbe && left.length > 0) wrong.push(`call ${n}, ${failed()}: ${left.length} left`);
        if (!isProbe && !(result instanceof Error))
          wrong.push(`call ${n}, ${failed()}: nothing was thrown`);
        // Whatever it was: an abort leaves a clean store for the next round.
        if (latest().state !== 'discarded') await discard(engine(), latest());
        expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
      }
      expect(wrong).to.deep.equal([]);
    });

    it('leaves the store as it was when the call was done and fails all the same', async () => {
      const wrong: string[] = [];
      for (let n = 1; ; n += 1) {
        const { disk, calls, failed } = failingDisk(n, 'EIO', { afterwards: true });
        await outcomeOf(stage(engine(disk), begun(await planned())));
        if (calls() < n) break;
        const left = diffTrees(before, stateOf(store.root));
        const isProbe = failed().startsWith('reflinkFile');
        if (!isProbe && left.length > 0) wrong.push(`call ${n}, ${failed()}: ${left.length} left`);
        if (latest().state !== 'discarded') await discard(engine(), latest());
        expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
      }
      expect(wrong).to.deep.equal([]);
    });

    it('leaves nothing of a proof that was killed', async () => {
      const transaction = begun(await planned());
      const folder = dirname(transaction.file);
      mkdirSync(join(folder, 'proof'));
      writeFileSync(join(folder, 'proof/fstab'), '');
      await discard(engine(), transaction);
      expect(readdirSync(folder)).to.deep.equal(['journal']);
    });

    it('says HALF_WAY when the disk is dead for good, and abort removes all of it', async () => {
      for (let n = 2; ; n += 3) {
        const { disk, calls } = failingDisk(n, 'EIO', { forEver: true });
        const result = await outcomeOf(stage(engine(disk), begun(await planned())));
        if (calls() < n) break;
        expect(result).to.be.instanceOf(Error);
        expect(openTransaction(readTransactions(layoutOf(store.root)))).to.not.equal(undefined);
        await discard(engine(), latest());
        expect(diffTrees(before, stateOf(store.root)), `call ${n}`).to.deep.equal([]);
      }
    });

    it('names an error of the disk as ours, so that nobody takes it for a bug', async () => {
      for (const [errno, code] of [
        ['ENOSPC', 'NO_SPACE'],
        ['EDQUOT', 'NO_SPACE'],
        ['EIO', 'APPLY_FAILED'],
      ] as const) {
        const { disk } = failingDisk(1, errno);
        const error = await outcomeOf(stage(engine(disk), begun(await planned())));
        expect(error, errno).to.be.instanceOf(RebaseError).with.property('code', code);
      }
    });

    it('ends with the store as it was, wherever it is told to end', async () => {
      for (let n = 1; ; n += 1) {
        const ending = new AbortController();
        const { disk, calls } = watchedDisk((count) => {
          if (count === n) ending.abort(new RebaseError('DECLINED', 'stopped'));
        });
        const told: Engine = { ...engine(disk), signal: ending.signal };
        const result = await outcomeOf(stage(told, begun(await planned())));
        if (calls() < n) break;
        // Told after its last step it is done, and stays staged.
        if (result instanceof Error) {
          expect(result, `call ${n}`).to.have.property('code', 'DECLINED');
          expect(latest().state).to.equal('discarded');
        } else {
          expect(n).to.be.above(30);
          await discard(engine(), latest());
        }
        expect(diffTrees(before, stateOf(store.root)), `call ${n}`).to.deep.equal([]);
      }
    });

    it('refuses a clone whose source was removed meanwhile, and leaves what the removal left', async () => {
      const entry = store.layerdbOf('app', 2);
      let removed = false;
      const removing: Disk = {
        ...hostDisk,
        async run(command, args, options) {
          await hostDisk.run(command, args, options);
          if (removed || !args.includes('--parents')) return;
          rmSync(entry, { recursive: true });
          removed = true;
        },
      };
      const error = await outcomeOf(stage(engine(removing), begun(await planned())));
      expect(removed, 'a clone was made').to.equal(true);
      expect(error).to.be.instanceOf(RebaseError).with.property('code', 'STORE_CHANGED');
      expect(error)
        .to.have.property('message')
        .that.contains('was removed while its files were read');
      expect(latest().state).to.equal('discarded');
      const left = diffTrees(before, stateOf(store.root));
      const other = left.filter(
        (line) => !line.startsWith(`- ${entry.slice(store.root.length + 1)}`),
      );
      expect(other, 'only the entry is gone').to.deep.equal([]);
    });

    it('counts on: a transaction that came to nothing keeps its number', async () => {
      const { disk } = failingDisk(3, 'EIO');
      await outcomeOf(stage(engine(disk), begun(await planned())));
      const done = await applied();
      expect(done.number).to.equal(2);
      rmSync(join(store.root, 'rebase-image/transactions/1'), { recursive: true });
      expect(begun(await planned()).number).to.equal(3);
    });

    it('does not remove a `committed` that dockerd wrote meanwhile', async () => {
      const report = await planned();
      const mark = join(store.paths.overlay, store.image('new').cacheIds[1]!, 'committed');
      writeFileSync(mark, '', { mode: 0o600 });
      const { disk } = failingDisk(1, 'EIO');
      await outcomeOf(stage(engine(disk), begun(report)));
      expect(() => lstatSync(mark)).not.to.throw();
    });
  });

  describe('a publish that fails', () => {
    for (const afterwards of [false, true]) {
      it(`ends as if nothing had been when it goes on, whichever call fails ${afterwards ? 'after' : 'before'} its work`, async () => {
        const done = await applied();
        const wanted = stateOf(store.root);
        await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
        for (let n = 1; ; n += 1) {
          const staged = await stage(engine(), begun(await planned()));
          const { disk, calls, failed } = failingDisk(n, 'EIO', { afterwards });
          const error = await outcomeOf(publish(engine(disk), staged));
          if (calls() < n) break;
          expect(error, `call ${n}, ${failed()}`).to.be.instanceOf(Error);
          expect(problemsIn(store.root), `call ${n}`).to.deep.equal([]);
          if (latest().state !== 'published') await publish(engine(), latest());
          const now = latest();
          expect(now.state).to.equal('published');
          expect(diffTrees(wanted, stateOf(store.root)), `call ${n}, ${failed()}`).to.deep.equal(
            [],
          );
          await undo(engine(), now, planUndoOf(layoutOf(store.root), now).removable);
          expect(diffTrees(before, stateOf(store.root)), `call ${n}`).to.deep.equal([]);
        }
      });
    }

    it('says HALF_WAY, and how to go on', async () => {
      const staged = await stage(engine(), begun(await planned()));
      const { disk } = failingDisk(3, 'EIO');
      const error = await outcomeOf(publish(engine(disk), staged));
      expect(error).to.have.property('code', 'HALF_WAY');
      expect(error).to.have.property('hint').that.contains('resume').and.contains('abort');
    });

    it('can be taken back from any half-way point too', async () => {
      for (let n = 2; ; n += 1) {
        const staged = await stage(engine(), begun(await planned()));
        const { disk, calls } = failingDisk(n, 'EIO');
        await outcomeOf(publish(engine(disk), staged));
        if (calls() < n) break;
        const done = await publish(engine(), latest());
        await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
        expect(diffTrees(before, stateOf(store.root)), `call ${n}`).to.deep.equal([]);
      }
    });

    it('goes on after a journal line that was torn', async () => {
      const staged = await stage(engine(), begun(await planned()));
      await outcomeOf(publish(engine(torn({ ...hostDisk }, 'publishing')), staged));
      const done = await publish(engine(), latest());
      await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
      expect(latest().state).to.equal('undone');
      expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
    });
  });

  it('moves the tag of a store without repositories.json, and takes that back', async () => {
    rmSync(repositories());
    before = stateOf(store.root);
    const report = await plan(store.root, store.image('app').imageId, store.image('new').imageId, {
      from: store.image('old').imageId,
      tag: 'fresh:1',
    });
    const done = await publish(engine(), await stage(engine(), begun(report)));
    expect(taggedId(store.root, 'fresh:1')).to.equal(report.bound.images[0]!.imageId);
    await undo(engine(), done, planUndoOf(layoutOf(store.root), done).removable);
    expect(diffTrees(before, stateOf(store.root))).to.deep.equal([]);
  });

  function planned(): Promise<PlanReport> {
    return plan(store.root, 'app:1', 'base:2');
  }

  async function applied(): Promise<Transaction> {
    return publish(engine(), await stage(engine(), begun(await planned())));
  }

  function begun(report: PlanReport, on: Engine = engine()): Transaction {
    return beginTransaction(hostDisk, on.layout, {
      startedAt: '2020-01-01T00:00:00.000Z',
      command: 'test',
      clone: report.clone,
      images: report.bound.images.map(({ imageId }) => ({
        tag: 'app:1',
        before: imageId,
        after: imageId,
        newBase: 'base:2',
      })),
      bound: report.bound,
    });
  }

  function engine(disk: Disk = hostDisk): Engine {
    return {
      disk,
      layout: layoutOf(store.root),
      progress: () => undefined,
      signal: undefined,
    };
  }

  /** The last transaction, as the journal on disk tells it. */
  function latest(): Transaction {
    return readTransactions(layoutOf(store.root)).at(-1)!;
  }

  function repositories(): string {
    return join(store.paths.image, 'repositories.json');
  }
});

/** What a promise comes to: its value or its error. */
function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

function tagsIn(text: string): unknown {
  return (JSON.parse(text) as { Repositories: unknown }).Repositories;
}

function mode(path: string): number {
  return lstatSync(path).mode & 0o7777;
}
