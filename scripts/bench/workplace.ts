/** Where a run of the benchmark works, and what it shares: the command, the rounds, the rows. */
import { readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../../test/e2e/support/cleanup.ts';
import { type Engine, neutralEnv, startEngine } from '../../test/e2e/support/engine.ts';
import { run } from './measure.ts';
import type { Row } from './rows.ts';

export interface WorkplaceOptions {
  /** The folder to work below. */
  readonly parent: string | undefined;
  /** The command that is measured. */
  readonly cli: string;
  readonly size: Size;
}

/** How large the stores are, and how often everything is done. */
export type Size = 'quick' | 'normal' | 'full';

export interface Workplace {
  readonly size: Size;
  readonly folder: string;
  readonly rounds: number;
  /** Arguments that run the command with these on a store, to be given to `run`. */
  readonly command: (...args: string[]) => string[];
  readonly env: NodeJS.ProcessEnv;
  /** Adds a row to the table. */
  readonly add: (row: Row) => void;
  readonly rows: readonly Row[];
  /** A new path for a store; `drop` removes what is there. */
  readonly place: (name: string) => string;
  readonly drop: (path: string) => void;
  /** The private dockerd of this run, started when it is first asked for. */
  readonly engine: () => Promise<Engine>;
  readonly close: () => Promise<void>;
}

const ROUNDS: Readonly<Record<Size, number>> = { quick: 3, normal: 7, full: 9 };
const BYTES: Readonly<Record<Size, number>> = { quick: 2e9, normal: 6e9, full: 8e9 };

/** Opens it. Throws when the disk has no room for what such a run writes. */
export function openWorkplace({ parent, cli, size }: WorkplaceOptions): Workplace {
  const folder = tempFolder(parent);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < BYTES[size]) {
    throw new Error(`${folder} needs ${BYTES[size] / 1e9} GB free (--dir chooses another place)`);
  }
  const rows: Row[] = [];
  let engine: Promise<Engine> | undefined;
  const steering = /^(REBASE_IMAGE_.*|NODE_.*)$/;
  const env = Object.fromEntries(
    Object.entries(neutralEnv()).filter(([name]) => !steering.test(name)),
  );
  return {
    size,
    folder,
    rounds: ROUNDS[size],
    command: (...args) => [process.execPath, cli, ...args],
    env,
    add: (row) => {
      rows.push(row);
    },
    rows,
    place: (name) => join(folder, name),
    drop: (path) => {
      rmSync(path, { recursive: true, force: true });
    },
    engine: () => (engine ??= startEngine({ root: folder })),
    close: async () => {
      if (engine !== undefined) await (await engine).dispose();
    },
  };
}

const REPORT_PEAK = fileURLToPath(new URL('report-peak.cjs', import.meta.url));

/** The most memory that one run of the command's own process takes, in MB. */
export async function peakOf(workplace: Workplace, args: readonly string[]): Promise<number> {
  const file = workplace.place('peak');
  const [node = '', ...words] = workplace.command(...args);
  await run([node, '--require', REPORT_PEAK, ...words], {
    env: { ...workplace.env, BENCH_PEAK_FILE: file },
  });
  return Number(readFileSync(file, 'utf8')) / 1024;
}
