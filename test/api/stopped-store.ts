/** The public functions on a built store whose dockerd does not run. */
import { existsSync, statfsSync } from 'node:fs';

import { openStore, type OpenStore } from '../../src/api/open-store.ts';
import { abortTransaction } from '../../src/api/abort-transaction.ts';
import { applyPlan, type ApplyOptions } from '../../src/api/apply-plan.ts';
import { planRebase, type RebaseRequest } from '../../src/api/plan-rebase.ts';
import { resumeTransaction } from '../../src/api/resume-transaction.ts';
import { undoTransaction } from '../../src/api/undo-transaction.ts';
import { chainIdsOf } from '../../src/domain/digest.ts';
import type { Outcome, PlanReport } from '../../src/domain/report.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { readLayers, readSnapshot } from '../../src/store/read-snapshot.ts';
import { chainProblems } from '../../src/verify/layer-chain.ts';
import type { StoreSpec } from '../support/store-builder.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { readTree, type TreeState } from '../support/tree-state.ts';

const LARGE = 'large '.repeat(20_000);

/** Nothing waits, nothing asks, nothing restarts. */
export const OFFLINE: ApplyOptions = {
  command: 'test',
  stageOnly: false,
  restart: false,
  allow: new Set(),
  lockTimeoutSeconds: 0,
  progress: () => undefined,
  signal: undefined,
};

/**
 * An old base (base:1), a new base of two layers (base:2), an app of two layers on the old one
 * (app:1, app:latest), an image that only sets config (conf:1), a sibling that shares the app's
 * lower layer (sibling:1), and a stopped container of the app.
 */
export const SMALL: StoreSpec = {
  images: [
    {
      name: 'old',
      tags: ['base:1'],
      digests: ['base'],
      layers: [{ files: { 'etc/release': '1\n', 'old-only': 'x', 'dir/a': 'a' } }],
      emptyHistory: ['CMD ["sh" "-c" "a && b"]'],
    },
    {
      name: 'new',
      tags: ['base:2'],
      layers: [
        { files: { 'etc/release': '2\n', 'new-only': 'y' } },
        { files: { 'dir/b': 'b', big: 'b'.repeat(70_000) } },
      ],
      emptyHistory: ['CMD ["sh"]'],
    },
    {
      name: 'app',
      from: 'old',
      tags: ['app:1', 'app:latest'],
      layers: [
        { files: { 'opt/run': { mode: 0o4755, uid: 5, content: 'run' }, 'opt/large': LARGE } },
        { files: { dir: { kind: 'dir', opaque: true }, 'old-only': { kind: 'whiteout' } } },
      ],
      config: { Env: ['A=<&>'] },
    },
    { name: 'conf', from: 'old', tags: ['conf:1'], emptyHistory: ['ENV X=1'] },
    {
      name: 'sibling',
      from: 'old',
      tags: ['sibling:1'],
      layers: [
        { files: { 'opt/run': { mode: 0o4755, uid: 5, content: 'run' }, 'opt/large': LARGE } },
        { files: { other: 'o' } },
      ],
    },
  ],
  containers: [{ name: 'box', image: 'app', files: { written: 'w' } }],
};

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 2 ** 30;

/** Where stores are built fast: in memory, if the machine has such a folder, and room in it. */
export function fastDir(): string {
  return makeTempDir(hasRoom(MEMORY) ? MEMORY : undefined);
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= ENOUGH_BYTES;
}

export function openStopped(root: string): Promise<OpenStore> {
  return openStore({ dataRoot: root, env: {} });
}

/** Plans, and writes nothing. */
export async function plan(
  root: string,
  images: string | readonly string[],
  onto: string,
  more: Partial<RebaseRequest> = {},
): Promise<PlanReport> {
  const request: RebaseRequest = {
    images: [images].flat(),
    onto,
    clone: 'auto',
    allow: new Set(),
    ...more,
  };
  return planRebase(await openStopped(root), request);
}

/** Plans and applies. */
export async function rebase(
  root: string,
  images: string | readonly string[],
  onto: string,
  more: Partial<RebaseRequest & ApplyOptions> = {},
): Promise<Outcome> {
  const report = await plan(root, images, onto, more);
  return applyPlan(await openStopped(root), report, { ...OFFLINE, ...more });
}

export async function undo(root: string, number?: number): Promise<Outcome> {
  return undoTransaction(await openStopped(root), number, OFFLINE);
}

export async function resume(root: string): Promise<Outcome> {
  return resumeTransaction(await openStopped(root), OFFLINE);
}

export async function abort(root: string): Promise<Outcome> {
  return abortTransaction(await openStopped(root), OFFLINE);
}

/** The whole data-root as it is, but for our own folder. */
export function stateOf(root: string, options: { mtimes?: boolean } = {}): TreeState {
  return readTree(root, { ...options, ignore: ['rebase-image'] });
}

/** What is wrong with any image of the store; [] is sound. */
export function problemsIn(root: string): string[] {
  const layout = layoutOf(root);
  const snapshot = readSnapshot(layout);
  const broken = [...snapshot.brokenImages].map(([id, why]) => `${id}: ${why}`);
  const found = [...snapshot.images.values()].flatMap((image) => {
    const layers = readLayers(layout, chainIdsOf(image.diffIds));
    return chainProblems(image.diffIds, layers).map(({ message }) => `${image.id}: ${message}`);
  });
  return [...broken, ...found];
}

/** What a tag names. */
export function taggedId(root: string, key: string): string | undefined {
  return readSnapshot(layoutOf(root)).tags.byKey.get(key)?.imageId;
}
