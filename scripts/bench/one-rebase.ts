/** One rebase with dockerd stopped: the whole process, and what it spends its time on. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../bundle/program.ts';
import { alternate, cpuTimed, inUnit, run, timed } from './measure.ts';
import type { PhaseTimes } from './phases.ts';
import { spreadOf } from './statistics.ts';
import { buildAppStore, manyFiles, rebaseApp } from './stores.ts';
import type { Workplace } from './workplace.ts';

const SECTION = 'One rebase, dockerd stopped';
const PHASES = fileURLToPath(new URL('phases.ts', import.meta.url));
const EMPTY = [process.execPath, '-e', '0'];
const PROMISED_MS = 150;

export async function measureOneRebase(workplace: Workplace): Promise<void> {
  const { rounds, env } = workplace;
  const root = await buildAppStore(workplace, 'one', { layers: [manyFiles(20, 'app', 'file')] });
  const empty = (): Promise<number> => timed(() => run(EMPTY, { env }));
  const often = rounds * 3;

  const start = await alternate(
    often,
    () => timed(() => run(workplace.command('--version'), { env })),
    empty,
  );
  const whole = await alternate(often, () => rebaseApp(workplace, root), empty);
  const cpu = await alternate(
    rounds,
    () => rebaseApp(workplace, root, cpuTimed),
    () => cpuTimed(() => run(EMPTY, { env })),
  );
  const over = whole.difference.median;
  workplace.add({
    section: SECTION,
    what: 'the whole process',
    ours: whole.ours,
    against: { what: 'node -e 0', theirs: whole.theirs, ratio: whole.ratio },
    target: { text: `at most +${PROMISED_MS} ms`, met: over <= PROMISED_MS },
    note: `+${over.toFixed(0)} ms`,
  });
  workplace.add({
    section: SECTION,
    what: 'its CPU time, with its children',
    ours: cpu.ours,
    against: { what: 'node -e 0', theirs: cpu.theirs, ratio: cpu.ratio },
    note: `+${cpu.difference.median.toFixed(0)} ms`,
  });
  workplace.add({
    section: SECTION,
    what: 'of it: start-up (--version)',
    ours: start.ours,
    against: { what: 'node -e 0', theirs: start.theirs, ratio: start.ratio },
    note: `+${start.difference.median.toFixed(0)} ms`,
  });

  const phases = await phaseTimes(workplace, root);
  for (const name of ['read', 'plan', 'clone', 'fsync', 'prove', 'rest'] as const) {
    const times = phases.map((one) => one[name]);
    const shares = phases.map((one, round) => (times[round] ?? 0) / one.total);
    workplace.add({
      section: SECTION,
      what: `of it: ${NAMES[name]}`,
      ours: inUnit('ms', times),
      against: {
        what: 'all but start-up',
        theirs: inUnit(
          'ms',
          phases.map(({ total }) => total),
        ),
        ratio: spreadOf(shares),
      },
    });
  }
  workplace.drop(root);
}

const NAMES = {
  read: 'read the store',
  plan: 'plan, with all checks',
  clone: 'clone the files',
  fsync: 'make it durable',
  prove: 'prove that it mounts',
  rest: 'locks, names, publish, read back',
} as const;

/** The phases of a rebase, each round in a process of its own, built as the command is. */
async function phaseTimes(workplace: Workplace, root: string): Promise<PhaseTimes[]> {
  const { rounds, env } = workplace;
  const folder = workplace.place('phases');
  mkdirSync(folder);
  await buildProgram(PHASES, folder, [root]);
  const found: PhaseTimes[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const said = await run([process.execPath, join(folder, 'cli.js'), root], { env });
    if (round >= 0) found.push(JSON.parse(said) as PhaseTimes);
  }
  workplace.drop(folder);
  return found;
}
