/** One call to the disk fails: what the error says is how the store is. */
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
import { failingDisk } from '../apply/failing-disk.ts';
import { copyStore } from '../support/crash-states.ts';
import { dockerdView } from '../support/dockerd-view.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import { applySwitch, BASES, fromBundle, switchTo } from './overlay/example-switch.ts';
import { abort, fastDir, OFFLINE, openStopped, plan, stateOf } from './stopped-store.ts';

const TINY: StoreSpec = {
  images: [
    { name: 'old', tags: ['base:1'], layers: [{ files: { release: '1' } }] },
    { name: 'new', tags: ['base:2'], layers: [{ files: { release: '2' } }] },
    {
      name: 'app',
      from: 'old',
      tags: ['app:1'],
      layers: [{ files: { run: 'run', large: 'l'.repeat(70_000) } }],
    },
  ],
};

/** In turn, so that each kind of call meets several of them. */
const ERRNOS = ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EXDEV', 'EMLINK', 'EACCES'];

interface Scenario {
  readonly spec: StoreSpec;
  readonly apply: (store: BuiltStore, options: Options) => Promise<unknown>;
}

type Options = Partial<Pick<ApplyOptions, 'disk' | 'stageOnly'>>;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a rebase': {
    spec: TINY,
    apply: async ({ root }, options) => {
      const report = await plan(root, 'app:1', 'base:2');
      return applyPlan(await openStopped(root), report, { ...OFFLINE, ...options });
    },
  },
  'a switch of a base': {
    spec: BASES,
    apply: (store, options) => applySwitch(store.root, fromBundle(switchTo(store)), options),
  },
};

for (const [what, scenario] of Object.entries(SCENARIOS)) describeFailures(what, scenario);

function describeFailures(what: string, { spec, apply }: Scenario): void {
  describe(`api: a call to the disk that fails in ${what}`, function () {
    this.timeout(900_000);
    let root: string;
    let store: BuiltStore;
    let original: TreeState;

    beforeEach(async () => {
      root = join(fastDir(), 'store');
      store = await buildStore(root, spec);
      original = stateOf(root);
    });
    afterEach(removeTempDirs);

    for (const afterwards of [false, true]) {
      const when = afterwards ? 'after its work' : 'before its work';

      it(`${when}: nothing is left, or exit 4 with the transaction's number`, () =>
        eachCall(afterwards, (disk) => apply(store, { disk })));

      it(`in its undo, ${when}: still published, or exit 4`, async () => {
        await apply(store, {});
        await eachCall(afterwards, async (disk) =>
          undoTransaction(await openStopped(root), undefined, { ...OFFLINE, disk }),
        );
      });

      it(`in a resume, ${when}: still staged, taken back, or exit 4`, async () => {
        await apply(store, { stageOnly: true });
        await eachCall(afterwards, async (disk) =>
          resumeTransaction(await openStopped(root), { ...OFFLINE, disk }),
        );
      });

      it(`in an abort, ${when}: exit 4, and an abort again does it`, async () => {
        await apply(store, { stageOnly: true });
        await eachCall(afterwards, async (disk) =>
          abortTransaction(await openStopped(root), { ...OFFLINE, disk }),
        );
      });
    }

    it('for good, in the middle of a stage: the first error is told, and what keeps it there', async () => {
      const { disk } = failingDisk(12, 'ENOSPC', { forEver: true });
      const error: unknown = await apply(store, { disk }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RebaseError).with.property('code', 'HALF_WAY');
      expect(error).to.have.property('transaction', 1);
      expect(error)
        .to.have.property('message')
        .that.matches(/(no room is left|a program failed).*; then transaction 1/);
      expect(error).to.have.property('hint').that.contains('abort');
      expect(error).to.have.property('cause').with.property('code', 'NO_SPACE');
    });

    /** Fails each call of the work in its turn, on the store as it is. */
    async function eachCall(
      afterwards: boolean,
      work: (disk: Disk) => Promise<unknown>,
    ): Promise<void> {
      const began = stateOf(root);
      const opened = openNumber();
      const kept = join(fastDir(), 'kept');
      copyStore(root, kept);
      for (let n = 1; ; n += afterwards ? 2 : 1) {
        const errno = ERRNOS[n % ERRNOS.length] ?? '';
        const { disk, calls, failed } = failingDisk(n, errno, { afterwards });
        const error: unknown = await work(disk).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (calls() < n) {
          expect(error, 'no call fails').to.equal(undefined);
          expect(n, 'calls').to.be.above(8);
          break;
        }
        const name = `call ${n}, ${errno}, ${failed().slice(0, 120)}: ${String(error)}`;
        expect(dockerdView(root).problems, name).to.deep.equal([]);
        // A probe that fails says that blocks cannot be shared, and nothing more.
        if (error !== undefined) {
          expect(error, name).to.be.instanceOf(RebaseError);
          const { code, transaction } = error as RebaseError;
          if (code === 'HALF_WAY') expect(transaction, name).to.equal(1);
          else expect([undefined, opened], name).to.include(openNumber());
          const open = openNumber() !== undefined;
          if (code === 'HALF_WAY') expect(open, name).to.equal(true);
          else if (open) expect(diffTrees(began, stateOf(root)), name).to.deep.equal([]);
          else expect(isOneOf([began, original]), name).to.equal(true);
          if (open) {
            await abort(root);
            expect(diffTrees(original, stateOf(root)), name).to.deep.equal([]);
          }
        }
        copyStore(kept, root);
      }
    }

    function isOneOf(states: readonly TreeState[]): boolean {
      const now = stateOf(root);
      return states.some((state) => diffTrees(state, now).length === 0);
    }

    function openNumber(): number | undefined {
      return openTransaction(readTransactions(layoutOf(root)))?.number;
    }
  });
}
