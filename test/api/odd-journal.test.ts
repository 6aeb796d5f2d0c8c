/** A journal that is torn, damaged, newer or not from here: one clear error, and nothing is done. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { listTransactions } from '../../src/api/list-transactions.ts';
import { showStatus } from '../../src/api/show-status.ts';
import { readTransactions } from '../../src/apply/journal.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { RebaseError, type ErrorCode } from '../../src/errors.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, sha256Hex, type BuiltStore } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree, type TreeState } from '../support/tree-state.ts';
import {
  abort,
  fastDir,
  openStopped,
  rebase,
  resume,
  SMALL,
  stateOf,
  undo,
} from './stopped-store.ts';

describe('api: an odd journal', function () {
  this.timeout(300_000);
  let store: BuiltStore;
  let root: string;
  let before: TreeState;

  beforeEach(async () => {
    root = join(fastDir(), 'store');
    store = await buildStore(root, SMALL);
    before = stateOf(root);
  });
  afterEach(removeTempDirs);

  it('cut anywhere in its last line stands where the line before says, and goes on', async () => {
    await rebase(root, 'app:1', 'base:2');
    const published = stateOf(root);
    const journal = readFileSync(file());
    const from = journal.lastIndexOf('\n', journal.length - 2) + 1;
    for (let end = from; end < journal.length; end += 1) {
      writeFileSync(file(), journal.subarray(0, end));
      expect(lastState(), `${end - from} bytes`).to.equal('publishing');
      if ((end - from) % 100 !== 50) continue;
      await resume(root);
      expect(diffTrees(published, stateOf(root)), `${end - from} bytes`).to.deep.equal([]);
      expect(readFileSync(file()).subarray(0, from)).to.deep.equal(journal.subarray(0, from));
      expect(lastState()).to.equal('published');
    }
    writeFileSync(file(), journal.subarray(0, journal.length - 1));
    await abort(root);
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  it('of a newer version is left alone', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    rewrite((begin) => ({ ...begin, version: 3 }));
    await refused('STORE_UNSUPPORTED', /newer rebase-image/);
  });

  it('with a line that only a newer version knows is left alone', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    writeFileSync(file(), `${readFileSync(file(), 'utf8')}${line({ kind: 'shelved' })}`);
    await refused('STORE_UNSUPPORTED', /newer rebase-image/);
  });

  it('of another transaction in its place is refused', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    renameSync(join(file(), '..'), join(file(5), '..'));
    await refused('STORE_DAMAGED', /5\/journal tells of transaction 1/);
  });

  it('that is open and was begun on another data-root is not carried out here', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    const other = join(fastDir(), 'other');
    await buildStore(other, SMALL);
    cpSync(join(root, 'rebase-image'), join(other, 'rebase-image'), { recursive: true });
    const theirs = readTree(other);
    for (const run of [() => resume(other), () => abort(other)]) {
      const error = await rejection('STORE_DAMAGED', run);
      expect(error.message).to.contain(`was begun on ${root}, not on ${other}`);
    }
    expect(diffTrees(theirs, readTree(other))).to.deep.equal([]);
    // A store that was moved can be used: what is finished can be undone.
    await abort(root);
    await rebase(root, 'app:1', 'base:2');
    const moved = join(fastDir(), 'moved');
    execFileSync('cp', ['-a', root, moved]);
    await undo(moved);
    expect(diffTrees(before, stateOf(moved))).to.deep.equal([]);
  });

  it('with names that lead out of the store is refused, and nothing is removed', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    for (const cacheId of ['../../image', '..', '', '/etc', 'a/b', 'l\0']) {
      rewrite((begin) => {
        const bound = begin['bound'] as { layers: object[] };
        const layers = bound.layers.map((layer) => ({ ...layer, cacheId }));
        return { ...begin, bound: { ...bound, layers } };
      });
      await refused('STORE_DAMAGED', /names that no layer has/);
    }
  });

  it('with a switch of names that lead out of the store is refused', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    const link = 'A'.repeat(26);
    const sound = {
      base: 'base:1',
      chainId: store.image('old').chainIds[0],
      cacheId: store.image('old').cacheIds[0],
      link,
      before: 'diff',
      after: 'diff.2',
      lowerdir: `l/${link}`,
    };
    const odd = [
      { cacheId: '../../image' },
      { link: '../../../etc/passwd' },
      { before: '../diff' },
      { after: 'diff/../../../etc' },
      { after: 'work' },
      { after: 'diff' },
      { builds: { version: '../../etc' } },
      { builds: { version: '3' } },
      { lowerdir: `l/${link}:/etc` },
      { lowerdir: `l/${'B'.repeat(26)}` },
      { chainId: 'sha256:0' },
    ];
    const put = (switches: unknown): void => {
      rewrite((begin) => ({
        ...begin,
        version: 2,
        bound: { ...(begin['bound'] as object), switches },
      }));
    };
    for (const names of odd) {
      put([{ ...sound, ...names }]);
      await refused('STORE_DAMAGED', /names that no layer has/);
    }
    put({});
    await refused('STORE_DAMAGED', /names that no layer has/);
    put([sound]);
    expect(lastState()).to.equal('staged');
  });

  it('of version 1 has no switches', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    rewrite((begin) => {
      const bound = { ...(begin['bound'] as Record<string, unknown>) };
      delete bound['switches'];
      return { ...begin, bound };
    });
    expect(readTransactions(layoutOf(root))[0]?.bound.switches).to.deep.equal([]);
    await abort(root);
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  it('with marks that lead out of the store is refused', async () => {
    await rebase(root, 'app:1', 'base:2', { stageOnly: true });
    const marking = line({ kind: 'marking', committed: ['../..'] });
    writeFileSync(file(), `${readFileSync(file(), 'utf8')}${marking}`);
    await refused('STORE_DAMAGED', /names that no layer has/);
  });

  for (const [what, plant] of [
    [
      'a directory',
      (path) => {
        mkdirSync(path);
      },
    ],
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
    [
      'a symlink to a journal',
      (path) => {
        symlinkSync('../1/journal', path);
      },
    ],
    [
      'a symlink to nothing',
      (path) => {
        symlinkSync('nowhere', path);
      },
    ],
  ] as readonly [string, (path: string) => void][]) {
    it(`that is ${what} is refused`, async () => {
      await rebase(root, 'app:1', 'base:2');
      mkdirSync(join(file(2), '..'), { mode: 0o700 });
      plant(file(2));
      await refused('STORE_UNSUPPORTED', /2\/journal is not what this program has made/);
    });
  }

  it('in a folder that is a symlink is refused', async () => {
    const folder = join(root, 'rebase-image/transactions');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    symlinkSync('/', join(folder, '3'));
    await refused('STORE_UNSUPPORTED', /transactions\/3 is not what this program has made/);
  });

  it('beside files of somebody else is read all the same', async () => {
    await rebase(root, 'app:1', 'base:2');
    const folder = join(root, 'rebase-image/transactions');
    for (const name of ['notes', '01', '2.bak', '-1']) writeFileSync(join(folder, name), 'x');
    execFileSync('mkfifo', [join(folder, 'pipe'), join(folder, '1', 'pipe')]);
    symlinkSync('/', join(folder, 'link'));
    expect(lastState()).to.equal('published');
    await undo(root);
    expect(diffTrees(before, stateOf(root))).to.deep.equal([]);
  });

  /** Every command refuses in the same words, and changes nothing at all. */
  async function refused(code: ErrorCode, message: RegExp): Promise<void> {
    const whole = readTree(root, { mtimes: true, ignore: ['rebase-image/lock'] });
    const runs: (() => Promise<unknown>)[] = [
      async () => showStatus(await openStopped(root)),
      async () => listTransactions(await openStopped(root)),
      () => rebase(root, 'conf:1', 'base:2'),
      () => undo(root),
      () => resume(root),
      () => abort(root),
    ];
    for (const run of runs) {
      const error: unknown = await run().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RebaseError);
      const { code: found, message: said } = error as RebaseError;
      expect(found, said).to.equal(code);
      expect(said).to.match(message).and.not.contain('\n');
    }
    const now = readTree(root, { mtimes: true, ignore: ['rebase-image/lock'] });
    const changes = diffTrees(whole, now).filter((one) => !/^~ rebase-image: /.test(one));
    expect(changes).to.deep.equal([]);
    expect(store.root).to.equal(root);
  }

  function file(number = 1): string {
    return join(root, 'rebase-image/transactions', String(number), 'journal');
  }

  function lastState(): string | undefined {
    return readTransactions(layoutOf(root)).at(-1)?.state;
  }

  /** Writes the first line anew, with a checksum that is right. */
  function rewrite(change: (begin: Record<string, unknown>) => object): void {
    const [first = '', ...rest] = readFileSync(file(), 'utf8').split('\n');
    const begin = JSON.parse(first.slice(first.indexOf(' ') + 1)) as Record<string, unknown>;
    writeFileSync(file(), [line(change(begin)).trimEnd(), ...rest].join('\n'));
  }
});

function line(record: object): string {
  const text = JSON.stringify(record);
  return `${sha256Hex(text)} ${text}\n`;
}
