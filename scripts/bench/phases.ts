/**
 * A program of its own: one rebase of `app:1` onto `base:2` in the store of its argument, and back.
 * Prints the milliseconds of each phase as JSON.
 */
import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { applyPlan } from '../../src/api/apply-plan.ts';
import { openStore } from '../../src/api/open-store.ts';
import { planRebase } from '../../src/api/plan-rebase.ts';
import { undoTransaction } from '../../src/api/undo-transaction.ts';
import { unwatched } from '../../src/domain/progress.ts';
import { readSnapshot } from '../../src/store/read-snapshot.ts';

export interface PhaseTimes {
  readonly read: number;
  readonly plan: number;
  readonly clone: number;
  readonly fsync: number;
  readonly prove: number;
  readonly rest: number;
  /** All of them. */
  readonly total: number;
}

const [, , dataRoot] = process.argv;
const spent = { clone: 0, fsync: 0, prove: 0 };

void measure();

async function measure(): Promise<void> {
  const start = performance.now();
  const store = await openStore({ dataRoot, env: {} });
  readSnapshot(store.layout);
  const read = performance.now() - start;

  const planning = performance.now();
  const report = await planRebase(store, {
    images: ['app:1'],
    onto: 'base:2',
    clone: 'auto',
    allow: new Set(),
  });
  const plan = performance.now() - planning;

  const options = {
    lockTimeoutSeconds: 0,
    progress: unwatched,
    disk: timedDisk(),
    restart: undefined,
    stopCommand: undefined,
    startCommand: undefined,
    allow: new Set<string>(),
    ask: undefined,
    command: 'bench',
    stageOnly: false,
  };
  const applying = performance.now();
  await applyPlan(store, report, options);
  const apply = performance.now() - applying;

  await undoTransaction(store, undefined, { ...options, disk: hostDisk });
  const rest = apply - spent.clone - spent.fsync - spent.prove;
  console.log(JSON.stringify({ read, plan, ...spent, rest, total: read + plan + apply }));
}

function timedDisk(): Disk {
  const within = <T>(phase: keyof typeof spent, work: () => T): T => {
    const begin = performance.now();
    const end = (): void => {
      spent[phase] += performance.now() - begin;
    };
    const result = work();
    if (result instanceof Promise) void result.then(end, end);
    else end();
    return result;
  };
  return {
    ...hostDisk,
    sync: (path) => {
      within('fsync', () => {
        hostDisk.sync(path);
      });
    },
    appendDurably: (path, content) => {
      within('fsync', () => {
        hostDisk.appendDurably(path, content);
      });
    },
    run: (command, args, how) =>
      within(command === 'sync' ? 'fsync' : command === 'unshare' ? 'prove' : 'clone', () =>
        hostDisk.run(command, args, how),
      ),
  };
}
