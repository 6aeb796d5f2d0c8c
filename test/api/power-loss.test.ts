/** The power is lost at any moment: what may be on the disk is sound, and can be gone on with. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { abortTransaction } from '../../src/api/abort-transaction.ts';
import { applyPlan, type ApplyOptions } from '../../src/api/apply-plan.ts';
import { resumeTransaction } from '../../src/api/resume-transaction.ts';
import { undoTransaction } from '../../src/api/undo-transaction.ts';
import type { Disk } from '../../src/apply/disk.ts';
import { openTransaction, readTransactions } from '../../src/apply/journal.ts';
import { RebaseError } from '../../src/errors.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { dockerdView } from '../support/dockerd-view.ts';
import {
  pathsIn,
  readFileSystem,
  writeFileSystem,
  type FileSystem,
} from '../support/power-loss/file-system.ts';
import { lostPowerIn } from '../support/power-loss/lost-power.ts';
import { recordCalls } from '../support/power-loss/recorded-disk.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { applySwitch, switchTo } from './overlay/example-switch.ts';
import { abort, fastDir, OFFLINE, openStopped, plan, resume } from './stopped-store.ts';

/** Nothing in it that the model leaves out. */
const PLAIN: StoreSpec = {
  images: [
    { name: 'old', tags: ['base:1'], layers: [{ files: { release: '1' } }] },
    { name: 'new', tags: ['base:2'], layers: [{ files: { release: '2' } }] },
    {
      name: 'app',
      from: 'old',
      tags: ['app:1'],
      layers: [{ files: { run: 'run' } }, { files: { more: 'm' } }],
    },
  ],
};

/** The same for a base that is to look like one that hides nothing: whiteouts are devices. */
const PLAIN_BASES: StoreSpec = {
  images: [
    {
      name: 'old',
      tags: ['base:1'],
      layers: [{ files: { low: 'low' } }, { files: { release: '1', kept: 'k' } }],
    },
    {
      name: 'new',
      from: 'old',
      tags: ['base:2'],
      layers: [{ files: { release: '2', more: 'm' } }],
    },
    { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files: { run: 'run' } }] },
  ],
};

interface Scenario {
  readonly spec: StoreSpec;
  readonly apply: (store: BuiltStore, options: Partial<ApplyOptions>) => Promise<unknown>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a rebase': {
    spec: PLAIN,
    apply: async ({ root }, options) => {
      const report = await plan(root, 'app:1', 'base:2');
      await applyPlan(await openStopped(root), report, { ...OFFLINE, ...options });
    },
  },
  'a switch of a base': {
    spec: PLAIN_BASES,
    apply: (store, options) => applySwitch(store.root, switchTo(store), options),
  },
};

/** Random subsets after each call, and of how many states one is gone on with and taken back. */
const EFFORT = { random: 6, seed: 4 };
const GONE_ON_WITH = 24;

for (const [what, scenario] of Object.entries(SCENARIOS)) describeLosses(what, scenario);

function describeLosses(what: string, { spec, apply }: Scenario): void {
  describe(`api: a power loss in ${what}`, function () {
    this.timeout(900_000);
    let root: string;
    let store: BuiltStore;
    /** The store before anything was done, as `contentOf` gives it. */
    let original: Content;

    let published: Content;

    beforeEach(async () => {
      root = join(fastDir(), 'store');
      store = await buildStore(root, spec);
      await apply(store, {});
      published = contentNow();
      rmSync(root, { recursive: true });
      store = await buildStore(root, spec);
      original = contentNow();
    });
    afterEach(removeTempDirs);

    it('itself', async () => {
      await everyLoss((disk) => apply(store, { disk }));
    });

    it('when it is undone', async () => {
      await apply(store, {});
      await everyLoss(async (disk) =>
        undoTransaction(await openStopped(root), undefined, { ...OFFLINE, disk }),
      );
    });

    for (const [command, go] of [
      ['resume', resumeTransaction],
      ['abort', abortTransaction],
    ] as const) {
      it(`in a run that stops dead after its commit, and in the ${command} after it`, async () => {
        await apply(store, { stageOnly: true });
        await everyLoss(async (disk) => {
          const stopping = deadAfterCommit(disk);
          const dead = resumeTransaction(await openStopped(root), { ...OFFLINE, disk: stopping });
          expect(await dead.catch((error: unknown) => error)).to.have.property('code', 'HALF_WAY');
          await go(await openStopped(root), { ...OFFLINE, disk });
        });
      });
    }

    it('in an abort of what is staged', async () => {
      await apply(store, { stageOnly: true });
      await everyLoss(async (disk) =>
        abortTransaction(await openStopped(root), { ...OFFLINE, disk }),
      );
    });

    async function everyLoss(work: (disk: Disk) => Promise<unknown>): Promise<void> {
      const recording = await recordCalls(root, work);
      const seen = new Set<string>();
      for (const { name, system } of lostPowerIn(recording, EFFORT)) {
        const content = contentOf(system);
        const key = JSON.stringify([...content, ...journalsOf(system)]);
        if (seen.has(key)) continue;
        seen.add(key);
        put(system);
        expect(dockerdView(root).problems, name).to.deep.equal([]);
        expect(lostFrom(content), name).to.deep.equal([]);
        expect(notWholeIn(content), name).to.deep.equal([]);
        const isOpen = openTransaction(readTransactions(layoutOf(root))) !== undefined;
        if (!isOpen) expectEither(content, name);
        else if (seen.size % GONE_ON_WITH === 0) await goneOnWith(name, system);
      }
      expect(seen.size).to.be.above(4);
    }

    /** What is open can be gone on with, and taken back. */
    async function goneOnWith(name: string, system: FileSystem): Promise<void> {
      const failure: unknown = await resume(root).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) expectEither(contentNow(), name);
      else {
        expect(failure, name).to.be.instanceOf(RebaseError);
        const { code } = failure as RebaseError;
        expect(['TRANSACTION_NOT_FOUND', 'STORE_CHANGED'], name).to.include(code);
      }
      put(system);
      await abort(root);
      expect(differences(original, contentNow()), name).to.deep.equal([]);
    }

    /** Nothing was done, or all of it. */
    function expectEither(content: Content, name: string): void {
      const fromOriginal = differences(original, content);
      if (differences(published, content).length > 0) expect(fromOriginal, name).to.deep.equal([]);
    }

    /** What was there before and is not as it was, tags and the links to layers' files aside. */
    function lostFrom(content: Content): string[] {
      return [...original]
        .filter(
          ([path, facts]) => content.get(path) !== facts && !path.endsWith('repositories.json'),
        )
        .filter(([path]) => !(isLink(path) && content.has(path)))
        .map(([path]) => path);
    }

    /** What is not there of the files that a link leads to which was changed. */
    function notWholeIn(content: Content): string[] {
      const shown = [...published]
        .filter(([path, facts]) => isLink(path) && content.get(path) === facts)
        .filter(([path, facts]) => original.has(path) && original.get(path) !== facts)
        .map(([, facts]) => (JSON.parse(facts) as { content: string }).content)
        .map((target) => `overlay2/${target.replace('../', '')}`);
      return [...published]
        .filter(([path]) => shown.some((folder) => path.startsWith(`${folder}/`)))
        .filter(([path, facts]) => content.get(path) !== facts)
        .map(([path]) => path);
    }

    function contentNow(): Content {
      return contentOf(readFileSystem(root, String));
    }

    function put(system: FileSystem): void {
      rmSync(root, { recursive: true, force: true });
      writeFileSystem(system, root);
    }
  });
}

/** What lies at each path, this program's own folder aside. */
type Content = ReadonlyMap<string, string>;

function contentOf(system: FileSystem): Content {
  return factsOf(system, (path) => !path.startsWith('rebase-image'));
}

function journalsOf(system: FileSystem): Content {
  return factsOf(system, (path) => path.startsWith('rebase-image'));
}

function factsOf(system: FileSystem, isWanted: (path: string) => boolean): Content {
  const paths = [...pathsIn(system)].filter(([path]) => isWanted(path)).sort();
  return new Map(paths.map(([path, id]) => [path, JSON.stringify(system.inodes.get(id))]));
}

function differences(wanted: Content, content: Content): string[] {
  return [...new Set([...wanted.keys(), ...content.keys()])]
    .filter((path) => wanted.get(path) !== content.get(path))
    .map((path) => `${path}: ${wanted.get(path) ?? '-'} -> ${content.get(path) ?? '-'}`);
}

function isLink(path: string): boolean {
  return path.startsWith('overlay2/l/');
}

/** A disk that does nothing more once what commits is renamed, not even its sync. */
function deadAfterCommit(disk: Disk): Disk {
  let isDead = false;
  const stopping = Object.entries(disk).map(([method, call]): [string, unknown] => [
    method,
    (...args: readonly unknown[]): unknown => {
      if (isDead) throw new Error('stopped');
      const result = (call as (...all: readonly unknown[]) => unknown)(...args);
      isDead = method === 'rename' && /repositories\.json$|\/overlay2\/l\//.test(String(args[1]));
      return result;
    },
  ]);
  return Object.fromEntries(stopping) as unknown as Disk;
}
