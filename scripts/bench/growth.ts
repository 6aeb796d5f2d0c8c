/** How the time grows with bytes, files, layers, images in the store and images in one batch. */
import { buildManyImages } from '../../test/support/store-builder.ts';
import { inTurn, inUnit, type Work } from './measure.ts';
import { endOf, exponentOf, growthOf, ratiosOf, spreadOf, type Growth } from './statistics.ts';
import {
  buildAppStore,
  buildFamily,
  dryRun,
  largeFile,
  manyFiles,
  rebaseApp,
  rebaseFamily,
} from './stores.ts';
import type { Size, Workplace } from './workplace.ts';

const SECTION = 'Growth: the largest beside the smallest';
const MB = 1e6;

const SIZES = {
  bytes: { quick: [1, 8, 64], normal: [1, 32, 1000], full: [1, 32, 1000] },
  files: { quick: [100, 1000, 5000], normal: [100, 1000, 10_000, 100_000] },
  layers: { quick: [1, 10, 30], normal: [1, 10, 100] },
  store: { quick: [10, 100, 1000], normal: [10, 100, 1000, 10_000] },
  batch: {
    quick: [1, 10, 100],
    normal: [1, 10, 100, 1000],
    full: [1, 10, 100, 1000, 10_000],
  },
} satisfies Record<string, Sizes>;

type Sizes = Partial<Record<Size, readonly number[]>> &
  Record<'quick' | 'normal', readonly number[]>;

/** What is promised of a curve; `below linear` and `flat` keep a promise of `linear`. */
interface Curve {
  readonly what: string;
  readonly sizes: Sizes;
  readonly label: (size: number) => string;
  /** Makes the store for a size, and gives the work to measure and how to clear it away. */
  readonly prepare: (size: number) => Promise<{ readonly work: Work; readonly root: string }>;
  readonly promised?: Growth;
}

export async function measureGrowth(workplace: Workplace): Promise<void> {
  for (const curve of curvesIn(workplace)) await measureCurve(workplace, curve);
}

function curvesIn(workplace: Workplace): Curve[] {
  const app = async (name: string, layers: Parameters<typeof buildAppStore>[2]['layers']) => {
    const root = await buildAppStore(workplace, name, { layers });
    return { root, work: () => rebaseApp(workplace, root) };
  };
  return [
    {
      what: 'bytes in a layer',
      sizes: SIZES.bytes,
      label: (size) => (size < 1000 ? `${size} MB` : `${size / 1000} GB`),
      prepare: (size) => app(`bytes-${size}`, [largeFile(size * MB)]),
      promised: 'flat',
    },
    {
      what: 'files in a layer',
      sizes: SIZES.files,
      label: counted('file'),
      prepare: (size) => app(`files-${size}`, [manyFiles(size, 'srv', 'file')]),
      promised: 'linear',
    },
    {
      what: 'app layers',
      sizes: SIZES.layers,
      label: counted('layer'),
      prepare: (size) =>
        app(
          `layers-${size}`,
          Array.from({ length: size }, (_, i) => manyFiles(10, `srv/${i}`, `layer ${i}`)),
        ),
      promised: 'linear',
    },
    {
      what: 'images in the store, dry run of one',
      sizes: SIZES.store,
      label: counted('image'),
      prepare: async (size) => {
        const root = workplace.place(`store-${size}`);
        await buildManyImages(root, { images: size });
        return { root, work: () => dryRun(workplace, root) };
      },
      promised: 'linear',
    },
    {
      what: 'images in one transaction',
      sizes: SIZES.batch,
      label: counted('image'),
      prepare: async (size) => {
        const root = await buildFamily(workplace, `batch-${size}`, size);
        return { root, work: () => rebaseFamily(workplace, root) };
      },
      promised: 'linear',
    },
  ];
}

async function measureCurve(workplace: Workplace, curve: Curve): Promise<void> {
  const { size } = workplace;
  const sizes = curve.sizes[size] ?? curve.sizes.normal;
  const prepared: Awaited<ReturnType<Curve['prepare']>>[] = [];
  for (const one of sizes) prepared.push(await curve.prepare(one));
  const times = await inTurn(
    Math.min(workplace.rounds, 5),
    prepared.map(({ work }) => work),
  );
  for (const { root } of prepared) workplace.drop(root);

  const first = times[0] ?? [];
  const last = times.at(-1) ?? [];
  const points = times.map((series, at) => [sizes[at] ?? 0, spreadOf(series).median] as const);
  const exponent = exponentOf(endOf(points));
  const growth = growthOf(exponent);
  const { promised } = curve;
  workplace.add({
    section: SECTION,
    what: `${curve.what}: ${curve.label(sizes.at(-1) ?? 0)}`,
    ours: inUnit('ms', last),
    against: {
      what: curve.label(sizes[0] ?? 0),
      theirs: inUnit('ms', first),
      ratio: spreadOf(ratiosOf(last, first)),
    },
    target: promised && { text: promised, met: keeps(growth, promised) },
    note: `${growth}, n^${exponent.toFixed(2)}`,
  });
}

/** A label with the unit of what is counted. */
function counted(unit: string): (size: number) => string {
  return (size) => `${size} ${unit}${size === 1 ? '' : 's'}`;
}

function keeps(growth: Growth, promised: Growth): boolean {
  const order: readonly Growth[] = ['flat', 'below linear', 'linear', 'worse than linear'];
  return order.indexOf(growth) <= order.indexOf(promised);
}
