/** What was staged is not there any more, or dockerd has put something of its own in its place. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { resumeTransaction } from '../../src/api/resume-transaction.ts';
import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { readTransactions } from '../../src/apply/journal.ts';
import type { NewLayer } from '../../src/domain/bound-plan.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { rejection } from '../daemon/rejection.ts';
import { dockerdView } from '../support/dockerd-view.ts';
import { buildStore } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import {
  abort,
  fastDir,
  OFFLINE,
  openStopped,
  rebase,
  resume,
  SMALL,
  stateOf,
} from './stopped-store.ts';

describe('api: staged files that are gone', () => {
  let root: string;
  let before: TreeState;

  beforeEach(async () => {
    root = join(fastDir(), 'store');
    await buildStore(root, SMALL);
    before = stateOf(root);
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
  });
  afterEach(removeTempDirs);

  const losses: [string, (layer: NewLayer) => string, RegExp][] = [
    ['the directory', ({ cacheId }) => `overlay2/${cacheId}`, /staged directory of layer \w+ is/],
    ['its files', ({ cacheId }) => `overlay2/${cacheId}/diff`, /staged directory of layer \w+ is/],
    ['its link', ({ link }) => `overlay2/l/${link}`, /staged directory of layer \w+ is gone/],
    [
      'the entry',
      ({ chainId }) => `image/overlay2/layerdb/tmp/write-set-rebase-image-1-${chainId.slice(7)}`,
      /staged entry of layer \w+ is gone/,
    ],
  ];

  for (const [what, path, message] of losses) {
    it(`${what} of a layer: resume says so and removes the rest`, async () => {
      rmSync(join(root, path(layer(1))), { recursive: true });
      const error = await rejection('STORE_CHANGED', () => resume(root));
      expect(error.message).to.match(message);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      expect(state()).to.equal('discarded');
    });

    it(`${what} of a layer, half-way in a publish: resume points to abort, abort does it`, async () => {
      await stopHalfWay();
      rmSync(join(root, path(layer(1))), { recursive: true });
      const error = await rejection('HALF_WAY', () => resume(root));
      expect(error.message).to.match(message);
      expect(error.hint).to.match(/^rebase-image abort/);
      expect(error.transaction).to.equal(1);
      await abort(root);
      expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
      expect(state()).to.equal('undone');
    });
  }

  it('a config: resume says so and removes the rest', async () => {
    const { imageId } = readTransactions(layoutOf(root))[0]!.bound.images[0]!;
    const folder = 'image/overlay2/imagedb/content/sha256';
    rmSync(join(root, folder, `.tmp-${imageId.slice(7)}-rebase-image-1-config`));
    const error = await rejection('STORE_CHANGED', () => resume(root));
    expect(error.message).to.match(/staged config of \w+ is gone/);
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  it("docker's own layer in the place of one, half-way in a publish: ours goes, docker's stays", async () => {
    await stopHalfWay();
    // As a pull or build by a running dockerd makes it.
    const { chainId, diffId, parent, link, cacheId } = layer(1);
    const theirs = 'd'.repeat(64);
    const entry = join(root, 'image/overlay2/layerdb/sha256', chainId.slice(7));
    mkdirSync(entry);
    for (const [name, text] of Object.entries({ diff: diffId, size: '1', 'cache-id': theirs })) {
      writeFileSync(join(entry, name), text);
    }
    writeFileSync(join(entry, 'parent'), parent ?? '');

    const error = await rejection('HALF_WAY', () => resume(root));
    expect(error.message).to.match(/layer \w+ is there by now, and is not ours/);
    await abort(root);
    expect(state()).to.equal('undone');
    expect(existsSync(join(root, 'overlay2', cacheId)), 'our directory').to.equal(false);
    expect(existsSync(join(root, 'overlay2/l', link)), 'our link').to.equal(false);
    expect(existsSync(entry), 'their entry').to.equal(true);
    const view = dockerdView(root);
    expect(view.problems).to.deep.equal([]);
    // Theirs stands on our lower layer, which stays with it, and so does the mark below that.
    const left = diffTrees(before, stateOf(root)).map((line) => line.split(':')[0] ?? '');
    expect(left.filter((line) => line.includes(layer(0).cacheId))).to.not.have.length(0);
    expect(left.filter((line) => /rebase-image/.test(line))).to.deep.equal([]);
  });

  /** Stops after the first layer was published. */
  async function stopHalfWay(): Promise<void> {
    const disk: Disk = {
      ...hostDisk,
      rename(from, to) {
        if (to.endsWith(layer(1).chainId.slice(7))) throw new Error('stopped');
        hostDisk.rename(from, to);
      },
    };
    const stopped = resumeTransaction(await openStopped(root), { ...OFFLINE, disk });
    expect(await stopped.catch((error: unknown) => error)).to.have.property('code', 'HALF_WAY');
    expect(state()).to.equal('publishing');
  }

  function layer(index: number): NewLayer {
    return readTransactions(layoutOf(root))[0]!.bound.layers[index]!;
  }

  function state(): string | undefined {
    return readTransactions(layoutOf(root)).at(-1)?.state;
  }
});
