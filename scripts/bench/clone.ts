/** The clone of a layer of many files beside GNU cp doing the same, in each mode. */
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloneVerified } from '../../src/apply/clone-verified.ts';
import { hostDisk } from '../../src/apply/disk.ts';
import type { CloneMode } from '../../src/domain/report.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { execute } from '../../test/e2e/support/engine.ts';
import { buildStore } from '../../test/support/store-builder.ts';
import { alternate, run, timed } from './measure.ts';
import { manyFiles } from './stores.ts';
import type { Workplace } from './workplace.ts';

const SECTION = 'Clone of one layer, beside GNU cp';
const PROMISED = 1.3;

export async function measureClone(workplace: Workplace): Promise<void> {
  const files = workplace.size === 'quick' ? 5000 : 100_000;
  await measureModes(workplace, workplace.place('clone'), files, [
    ['link', ['cp', '-al']],
    ['copy', ['cp', '-a', '--reflink=never']],
    ['auto', ['cp', '-a']],
  ]);
  workplace.drop(workplace.place('clone'));
  for (const kind of ['xfs', 'btrfs']) await measureReflink(workplace, kind, files);
}

/** On a file system of this kind in a file, where its mkfs is installed and the kernel mounts it. */
async function measureReflink(workplace: Workplace, kind: string, files: number): Promise<void> {
  const image = workplace.place(`${kind}.image`);
  const point = workplace.place(kind);
  mkdirSync(point);
  writeFileSync(image, '');
  truncateSync(image, 2 * 2 ** 30);
  const made = await tried('sh', [
    '-c',
    'PATH=$PATH:/usr/sbin:/sbin; "mkfs.$0" -q "$1"',
    kind,
    image,
  ]);
  if (!made || !(await tried('mount', ['-o', 'loop', image, point]))) {
    console.error(`bench: no ${kind} here to measure reflinks on (mkfs.${kind}, mount -o loop)`);
    workplace.drop(image);
    return;
  }
  try {
    const cp = ['cp', '-a', '--reflink=always'];
    await measureModes(workplace, join(point, 'clone'), files, [['reflink', cp]], ` on ${kind}`);
  } finally {
    await run(['umount', point]);
    workplace.drop(image);
  }
}

async function tried(file: string, args: readonly string[]): Promise<boolean> {
  return (await execute(file, args)).status === 0;
}

async function measureModes(
  workplace: Workplace,
  root: string,
  files: number,
  modes: readonly (readonly [CloneMode, readonly string[]])[],
  where = '',
): Promise<void> {
  const store = await buildStore(root, {
    images: [
      { name: 'app', tags: ['app:1'], layers: [{ files: manyFiles(files, 'srv', 'file') }] },
    ],
  });
  const layout = layoutOf(store.root);
  const source = store.image('app').cacheIds[0] ?? '';
  const target = join(layout.overlay, 'clone-of-it');
  const round = async (work: () => Promise<unknown>): Promise<number> => {
    mkdirSync(target);
    const time = await timed(work);
    await run(['rm', '-rf', target]);
    return time;
  };
  for (const [mode, cp] of modes) {
    const pair = await alternate(
      Math.min(workplace.rounds, 5),
      () => round(() => cloned(layout, source, target, mode)),
      () => round(() => run([...cp, '--', store.diffOf('app', 0), target])),
    );
    const { ours, theirs, ratio } = pair;
    workplace.add({
      section: SECTION,
      what: `${files} files, --clone ${mode}${where}`,
      ours,
      against: { what: cp.join(' '), theirs, ratio },
      target: { text: `at most ${PROMISED} times`, met: ratio.median <= PROMISED },
    });
  }
}

/** What a rebase does: the clone, and the proof that no overlay mark was lost. */
async function cloned(
  layout: Layout,
  source: string,
  target: string,
  mode: CloneMode,
): Promise<void> {
  await cloneVerified({ disk: hostDisk, layout, sources: [source], target, mode });
  if (!statSync(join(target, source, 'diff')).isDirectory()) throw new Error('no clone was made');
}
