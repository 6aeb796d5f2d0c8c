/** The throughput of `doctor --deep` beside sha256sum over the same files. */
import { availableParallelism } from 'node:os';
import { alternate, inUnit, run, timed } from './measure.ts';
import { appEngine } from './real-image.ts';
import { spreadOf } from './statistics.ts';
import type { Workplace } from './workplace.ts';

const SECTION = 'doctor --deep, beside sha256sum';

export async function measureDoctor(workplace: Workplace): Promise<void> {
  const { engine, megabytes } = await appEngine(workplace);
  await engine.stop();
  const { env, command } = workplace;
  const doctor = command('doctor', '--deep', '--data-root', engine.dataRoot);
  const cores = availableParallelism();
  for (const processes of new Set([1, cores])) {
    const { ours, theirs, ratio } = await alternate(
      workplace.rounds,
      () => timed(() => run(doctor, { env })),
      () => timed(() => run(['sh', '-c', SHA256, 'sh', engine.dataRoot, String(processes)])),
    );
    workplace.add({
      section: SECTION,
      what: `${megabytes} MB in 4 layers, on ${cores} core${cores === 1 ? '' : 's'}`,
      ours: throughput(ours.spread),
      against: {
        what: `sha256sum, ${processes} process${processes === 1 ? '' : 'es'}`,
        theirs: throughput(theirs.spread),
        ratio: spreadOf([1 / ratio.min, 1 / ratio.median, 1 / ratio.max]),
      },
    });
  }

  function throughput({ min, median, max }: { min: number; median: number; max: number }) {
    return inUnit(
      'MB/s',
      [min, median, max].map((time) => megabytes / (time / 1000)),
    );
  }
}

const SHA256 = `find "$1"/overlay2/*/diff -type f -print0 | xargs -0 -n 1 -P "$2" sha256sum`;
