/**
 * `npm run bench`: how fast the command is, as ratios to something that everybody knows, measured
 * in turn in one run on stores that it builds itself. Prints one table; writes it as JSON with
 * `--json FILE`. Needs root, and a machine that does nothing else.
 *
 *   npm run bench -- [--quick | --full] [--only SECTION]... [--dir FOLDER] [--json FILE] [--cli FILE]
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureClone } from './bench/clone.ts';
import { measureDaemon } from './bench/daemon.ts';
import { measureDoctor } from './bench/doctor.ts';
import { measureGrowth } from './bench/growth.ts';
import { describeMachine } from './bench/machine.ts';
import { measureOneRebase } from './bench/one-rebase.ts';
import { tableOf } from './bench/rows.ts';
import { measureScale } from './bench/scale.ts';
import { openWorkplace, type Workplace } from './bench/workplace.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const SECTIONS: Readonly<Record<string, (workplace: Workplace) => Promise<void>>> = {
  one: measureOneRebase,
  today: measureDaemon,
  growth: measureGrowth,
  clone: measureClone,
  doctor: measureDoctor,
  scale: measureScale,
};

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: Object.keys(SECTIONS) },
      dir: { type: 'string' },
      json: { type: 'string' },
      cli: { type: 'string', default: 'dist/cli.js' },
    },
  });
  const unknown = values.only.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: the sections are ${Object.keys(SECTIONS).join(', ')}`);
  }
  if (process.getuid?.() !== 0) throw new Error('the benchmark builds stores: run it as root');
  const daemon = values.only.some((name) => ['today', 'doctor'].includes(name));
  if (daemon) ensure('docker.io', 'busybox-static');

  const size = values.quick ? 'quick' : values.full ? 'full' : 'normal';
  const workplace = openWorkplace({ parent: values.dir, cli: resolve(ROOT, values.cli), size });
  const machine = describeMachine(workplace.folder);
  try {
    for (const name of values.only) {
      console.error(`bench: ${name}`);
      await SECTIONS[name]?.(workplace);
    }
  } finally {
    await workplace.close();
  }
  console.log(`${machine}; ${workplace.rounds} rounds (${size})\n`);
  console.log(tableOf(workplace.rows));
  if (values.json !== undefined) {
    const record = { schema: 1, machine, size, rounds: workplace.rounds, rows: workplace.rows };
    writeFileSync(values.json, `${JSON.stringify(record, null, 2)}\n`);
  }
}

function ensure(...packages: string[]): void {
  const { status } = spawnSync('sh', ['scripts/ensure-engine.sh', ...packages], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`not installed: ${packages.join(', ')}`);
}
