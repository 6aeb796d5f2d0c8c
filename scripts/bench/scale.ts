/** What is promised of large stores, batches and checks, and the memory that they take. */
import { buildManyImages } from '../../test/support/store-builder.ts';
import { cpuTimed, inTurn, inUnit, run, timed } from './measure.ts';
import { spreadOf } from './statistics.ts';
import { buildAppStore, buildFamily, DRY_RUN, dryRun, manyFiles, rebaseFamily } from './stores.ts';
import { peakOf, type Workplace } from './workplace.ts';

const SECTION = 'Scale';

export async function measureScale(workplace: Workplace): Promise<void> {
  await measureCheck(workplace);
  await measureLargeStore(workplace);
  await measureBatch(workplace);
}

async function measureCheck(workplace: Workplace): Promise<void> {
  const [appFiles, baseFiles] = workplace.size === 'quick' ? [1000, 3000] : [10_000, 30_000];
  const root = await buildAppStore(workplace, 'check', {
    layers: [manyFiles(appFiles, 'srv', 'file')],
    baseFiles,
  });
  const check = ['check', 'app:1', '--onto', 'base:2', '--data-root', root];
  const { env } = workplace;
  const work = (): Promise<number> => timed(() => run(workplace.command(...check), { env }));
  const peak = await peakOf(workplace, check);
  await addTimed(workplace, {
    what: `check of ${appFiles} files on bases of ${baseFiles}`,
    work,
    atMost: 1500,
    note: `${peak.toFixed(0)} MB at most`,
  });
  workplace.drop(root);
}

async function measureLargeStore(workplace: Workplace): Promise<void> {
  const images = workplace.size === 'quick' ? 1000 : 10_000;
  const root = workplace.place('large');
  await buildManyImages(root, { images });
  const what = `dry run of one image of ${images}`;
  await addTimed(workplace, { what, work: () => dryRun(workplace, root), atMost: 1500 });
  await addPeak(workplace, what, [...DRY_RUN, '--data-root', root], 400);
  workplace.drop(root);
}

async function measureBatch(workplace: Workplace): Promise<void> {
  const images = workplace.size === 'quick' ? 100 : 1000;
  const root = await buildFamily(workplace, 'family', images);
  const [times = [], cpu = []] = await inTurn(workplace.rounds, [
    () => rebaseFamily(workplace, root),
    () => rebaseFamily(workplace, root, cpuTimed),
  ]);
  const cpuSeconds = spreadOf(cpu).median / 1000;
  const rate = inUnit(
    'images/s',
    times.map((time) => (images / time) * 1000),
  );
  workplace.add({
    section: SECTION,
    what: `${images} images in one transaction`,
    ours: rate,
    target: { text: 'at least 300 images/s', met: rate.spread.median >= 300 },
    note: `${(images / cpuSeconds).toFixed(0)} a second of CPU time`,
  });
  const dry = ['--all', '--from', 'base:0', '--onto', 'base:1', '--dry-run', '--data-root', root];
  await addPeak(workplace, `${images} images in one dry run`, dry);
  workplace.drop(root);
}

async function addTimed(workplace: Workplace, { what, work, atMost, note }: Timed): Promise<void> {
  const [times = []] = await inTurn(workplace.rounds, [work]);
  const ours = inUnit('ms', times);
  const target = { text: `at most ${atMost} ms`, met: ours.spread.median <= atMost };
  workplace.add({ section: SECTION, what, ours, target, note });
}

interface Timed {
  readonly what: string;
  readonly work: () => Promise<number>;
  readonly atMost: number;
  readonly note?: string;
}

async function addPeak(
  workplace: Workplace,
  what: string,
  args: readonly string[],
  atMost?: number,
): Promise<void> {
  const peak = await peakOf(workplace, args);
  const target = atMost && { text: `at most ${atMost} MB`, met: peak <= atMost };
  workplace.add({
    section: SECTION,
    what: `${what}: memory`,
    ours: inUnit('MB', [peak]),
    target: target || undefined,
  });
}
