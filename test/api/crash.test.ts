/** Runs that stop dead at any of their calls to the disk, and what `resume` and `abort` make of it. */
import { join } from 'node:path';

import { expect } from 'chai';

import { abortTransaction } from '../../src/api/abort-transaction.ts';
import { applyPlan } from '../../src/api/apply-plan.ts';
import { resumeTransaction } from '../../src/api/resume-transaction.ts';
import { undoTransaction } from '../../src/api/undo-transaction.ts';
import type { Disk } from '../../src/apply/disk.ts';
import { RebaseError } from '../../src/errors.ts';
import { copyStore, crashStates, type CrashState } from '../support/crash-states.ts';
import { dockerdView, type DockerdView } from '../support/dockerd-view.ts';
import { buildStore, type BuiltStore, type StoreSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree, type TreeState } from '../support/tree-state.ts';
import { applySwitch, BASES, fromBundle, switchTo } from './overlay/example-switch.ts';
import { fastDir, OFFLINE, openStopped, plan, stateOf } from './stopped-store.ts';

/** Two app layers, one of them with a file that is linked and a directory that is opaque. */
const TINY: StoreSpec = {
  images: [
    { name: 'old', tags: ['base:1'], layers: [{ files: { release: '1', 'dir/a': 'a' } }] },
    { name: 'new', tags: ['base:2'], layers: [{ files: { release: '2' } }] },
    {
      name: 'app',
      from: 'old',
      tags: ['app:1'],
      layers: [
        { files: { run: 'run', large: 'l'.repeat(70_000) } },
        { files: { dir: { kind: 'dir', opaque: true }, more: 'm' } },
      ],
    },
  ],
};

type Command = 'resume' | 'abort';
type Work = (disk: Disk) => Promise<unknown>;

/** Of how many stops one is followed by stops inside the resume and the abort after it. */
const FOLLOWED = 8;
/** Of how many of those second stops one is looked at. */
const SECOND = 3;

interface Scenario {
  readonly spec: StoreSpec;
  /** What is applied, on a store of that spec. */
  readonly apply: (store: BuiltStore, disk?: Disk) => Promise<unknown>;
  /** Another one's undo makes the same calls. */
  readonly hasOthersUndo?: boolean;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a rebase': {
    spec: TINY,
    apply: async ({ root }, disk) => {
      const options = disk === undefined ? OFFLINE : { ...OFFLINE, disk };
      await applyPlan(await openStopped(root), await plan(root, 'app:1', 'base:2'), options);
    },
  },
  'a switch of a base': {
    spec: BASES,
    apply: (store, disk) => applySwitch(store.root, switchTo(store), disk && { disk }),
  },
  'a switch of a base to a bundle': {
    spec: BASES,
    apply: (store, disk) => applySwitch(store.root, fromBundle(switchTo(store)), disk && { disk }),
    hasOthersUndo: true,
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) describeStops(name, scenario);

function describeStops(title: string, { spec, apply, hasOthersUndo }: Scenario): void {
  describe(`api: ${title} that stops dead`, function () {
    this.timeout(900_000);
    let near: string;
    let root: string;
    let store: BuiltStore;
    let original: TreeState;
    let first: DockerdView;

    const run = {
      undo: async (disk: Disk) =>
        undoTransaction(await openStopped(root), undefined, { ...OFFLINE, disk }),
      resume: async (disk?: Disk) =>
        resumeTransaction(
          await openStopped(root),
          disk === undefined ? OFFLINE : { ...OFFLINE, disk },
        ),
      abort: async (disk?: Disk) =>
        abortTransaction(
          await openStopped(root),
          disk === undefined ? OFFLINE : { ...OFFLINE, disk },
        ),
    };

    beforeEach(async () => {
      near = fastDir();
      root = join(near, 'store');
      store = await buildStore(root, spec);
      original = stateOf(root);
      first = dockerdView(root);
    });
    afterEach(removeTempDirs);

    it('at every call, and again in the resume or abort that follows', async () => {
      const wrong = await everyStop((disk) => apply(store, disk));
      expect(wrong).to.deep.equal([]);
    });

    if (hasOthersUndo !== true) {
      it('in its undo, at every call, and again in the resume or abort that follows', async () => {
        await apply(store);
        const wrong = await everyStop(run.undo);
        expect(wrong).to.deep.equal([]);
      });
    }

    /**
     * Stops the work at every call, then goes on and takes back; a line for each thing that is not as
     * it should be.
     */
    async function everyStop(work: Work): Promise<string[]> {
      const began = stateOf(root);
      const seen = new Set<string>();
      const states = await crashStates(root, { near, seen, work });
      const after = stateOf(root);
      const wrong: string[] = [];
      const deeper: CrashState[] = [];
      const goOn = async (state: CrashState, command: Command, disk?: Disk): Promise<void> => {
        const name = `${state.name}, ${command}`;
        await settle(name, command, () => run[command](disk), { began, after, wrong });
      };
      for (const [index, state] of states.entries()) {
        for (const command of ['resume', 'abort'] as const) {
          put(state);
          wrong.push(...sound(state.name));
          if (index % FOLLOWED !== 0) {
            await goOn(state, command);
            continue;
          }
          const stops = await crashStates(root, {
            near,
            seen,
            work: (disk) => goOn(state, command, disk),
          });
          deeper.push(
            ...stops.map(({ name, folder }) => ({
              name: `${state.name}, ${command} ${name}`,
              folder,
            })),
          );
        }
      }
      expect(states).to.have.length.above(10);
      for (const [index, state] of deeper.entries()) {
        if (index % SECOND !== 0) continue;
        for (const command of ['resume', 'abort'] as const) {
          put(state);
          wrong.push(...sound(state.name));
          await goOn(state, command);
        }
      }
      return wrong;
    }

    async function settle(
      name: string,
      command: Command,
      go: () => Promise<unknown>,
      { began, after, wrong }: { began: TreeState; after: TreeState; wrong: string[] },
    ): Promise<void> {
      const complain = (what: string): number => wrong.push(`${name}: ${what}`);
      const is = (state: TreeState): boolean => diffTrees(state, stateOf(root)).length === 0;
      const error: unknown = await go().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) {
        const wanted = command === 'abort' ? original : after;
        if (!is(wanted) && !is(original))
          complain(`it ends with\n${diffTrees(wanted, stateOf(root)).join('\n')}`);
        return;
      }
      if (!(error instanceof RebaseError) || error.code !== 'TRANSACTION_NOT_FOUND') {
        complain(error instanceof Error ? error.message : 'nothing that is an error');
      } else if (/not staged whole/.test(error.message)) {
        if (command === 'abort') complain(error.message);
        await run.abort();
        if (!is(original))
          complain(`abort leaves\n${diffTrees(original, stateOf(root)).join('\n')}`);
      } else if (!is(began) && !is(after) && !is(original)) {
        complain(`${error.message}, with\n${diffTrees(began, stateOf(root)).join('\n')}`);
      }
    }

    /** What is wrong with the store for a dockerd that starts on it as it lies. */
    function sound(name: string): string[] {
      const view = dockerdView(root);
      const lost = [...first.images].filter(
        ([id, stack]) => view.images.get(id)?.join() !== stack.join(),
      );
      const touched = diffTrees(
        original,
        readTree(root, { links: false, ignore: ['rebase-image'] }),
      )
        .filter((line) => !line.startsWith('+') && !line.includes('repositories.json'))
        .filter((line) => !/^~ [^:]*\/large: /.test(line))
        .filter((line) => !/^~ overlay2\/l\/[^:]*: target=\S* -> target=\S*$/.test(line));
      return [
        ...view.problems,
        ...lost.map(([id]) => `${id} is not what it was`),
        ...[...first.tags.keys()]
          .filter((tag) => !view.tags.has(tag))
          .map((tag) => `${tag} is lost`),
        ...touched,
      ].map((what) => `${name}: ${what}`);
    }

    function put({ folder }: CrashState): void {
      copyStore(folder, root);
    }
  });
}
