import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { publish, stage } from '../../src/apply/engine.ts';
import { beginTransaction, type Transaction } from '../../src/apply/journal.ts';
import type { Progress } from '../../src/domain/progress.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { fastDir, plan, SMALL } from '../api/stopped-store.ts';
import { buildStore } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';

interface News {
  readonly what: string;
  readonly done: Parameters<Progress>[1];
}

describe('apply: what an engine tells of its progress', () => {
  let root: string;
  let told: News[];

  beforeEach(async () => {
    ({ root } = await buildStore(fastDir(), SMALL));
    told = [];
  });
  afterEach(removeTempDirs);

  async function staged(disk: Disk, tell: (news: News) => void): Promise<Transaction> {
    const report = await plan(root, 'app:1', 'base:2', { clone: 'copy' });
    const { bound, clone } = report;
    const layout = layoutOf(root);
    const begin = {
      startedAt: '2020-01-01T00:00:00.000Z',
      command: 'test',
      clone,
      images: [],
      bound,
    };
    const transaction = beginTransaction(hostDisk, layout, begin);
    const progress: Progress = (what, done) => {
      tell({ what, done });
    };
    const engine = { disk, layout, progress, signal: undefined };
    return publish(engine, await stage(engine, transaction));
  }

  it('begins and ends every step, one after the other', async () => {
    await staged(hostDisk, (news) => told.push(news));
    const ends = told.filter(({ done }) => done === undefined || typeof done === 'string');
    for (let at = 0; at < ends.length; at += 2) {
      expect(ends[at]).to.deep.equal({ what: ends[at]!.what, done: undefined });
      expect(ends[at + 1]).to.deep.equal({ what: ends[at]!.what, done: 'done' });
    }
    expect(ends.map(({ what }) => what)).to.include('clone the files of 2 layers (copy)');
    expect(ends.at(-1)?.what).to.equal('move 1 tag');
  });

  it('tells how many layers are cloned while one command clones them all', async () => {
    let seen: (() => void) | undefined;
    const halfWay = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const slow: Disk = {
      ...hostDisk,
      async run(command, args, options) {
        const target = args[args.indexOf('-t') + 1];
        const folders = args.slice(args.indexOf('--') + 1);
        if (command === 'cp' && target !== undefined && folders.length === 2) {
          // The first layer is done and the second begun: it goes on once that was told.
          for (const folder of folders) mkdirSync(join(target, folder), { recursive: true });
          await halfWay;
        }
        await hostDisk.run(command, args, options);
      },
    };
    await staged(slow, (news) => {
      told.push(news);
      if (typeof news.done === 'object' && news.done.done === 1) seen?.();
    });
    const counts = told.flatMap(({ what, done }) =>
      typeof done === 'object' && what.startsWith('clone ') ? [done] : [],
    );
    expect(counts).to.deep.include({ done: 1, total: 2, unit: 'layers' });
    expect(counts.at(-1)).to.deep.equal({ done: 2, total: 2, unit: 'layers' });
  });

  it('tells which step has failed, and that what was staged is removed', async () => {
    const broken: Disk = {
      ...hostDisk,
      run: (command, ...rest) =>
        command === 'sync' && told.every(({ what }) => !what.startsWith('remove'))
          ? Promise.reject(new Error('no sync'))
          : hostDisk.run(command, ...rest),
    };
    const failure = await staged(broken, (news) => told.push(news)).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).to.contain('no sync');
    expect(told.slice(-3)).to.deep.equal([
      { what: 'make it durable, prove that it mounts', done: 'failed' },
      { what: 'remove what was staged', done: undefined },
      { what: 'remove what was staged', done: 'done' },
    ]);
  });
});
