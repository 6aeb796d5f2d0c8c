import { RebaseError } from '../errors.ts';
import type { RunTool } from './run-tool.ts';

/** One unit, as `systemctl show` prints it. */
export interface UnitState {
  readonly id: string;
  readonly loaded: boolean;
  /** Active, or on its way there. */
  readonly active: boolean;
  readonly failed: boolean;
  /** `success`, `exit-code`, `start-limit-hit`, ...; '' for units that are no service. */
  readonly result: string;
  /** 0 when there is none. */
  readonly mainPid: number;
  /** The units that stop when this one is stopped. */
  readonly stoppedWith: readonly string[];
}

/** The inverses of Requires=, Requisite=, BindsTo= and PartOf=: stopping spreads along them (systemd.unit(5)). */
const STOPPED_WITH = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf'];
const PROPERTIES = ['Id', 'LoadState', 'ActiveState', 'Result', 'MainPID', ...STOPPED_WITH];

/**
 * Takes unit names, returns their states in that order; a unit that does not exist is not loaded.
 * Throws DAEMON_FAILED when systemd does not answer.
 */
export async function showUnits(units: readonly string[], run: RunTool): Promise<UnitState[]> {
  const { code, stdout, stderr } = await run('systemctl', [
    'show',
    `--property=${PROPERTIES.join(',')}`,
    ...units,
  ]);
  if (code !== 0) {
    const said = stderr.trim() || `exit code ${String(code)}`;
    throw new RebaseError('DAEMON_FAILED', `systemctl show ${units.join(' ')}: ${said}`);
  }
  return stdout
    .trim()
    .split(/\n\n+/)
    .filter((block) => block !== '')
    .map(readUnit);
}

/**
 * Takes units, returns those that are active and stop with them, directly or through another, without
 * the given ones; sorted by name.
 */
export async function dependentsOf(units: readonly string[], run: RunTool): Promise<string[]> {
  const seen = new Set(units);
  const active: string[] = [];
  let level = [...units];
  while (level.length > 0) {
    const states = await showUnits(level, run);
    active.push(...states.filter((state) => state.active).map((state) => state.id));
    level = [...new Set(states.flatMap((state) => state.stoppedWith))].filter(
      (unit) => !seen.has(unit),
    );
    level.forEach((unit) => seen.add(unit));
  }
  return active.filter((unit) => !units.includes(unit)).sort();
}

function readUnit(block: string): UnitState {
  const values = new Map(
    block.split('\n').map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  const value = (name: string): string => values.get(name) ?? '';
  return {
    id: value('Id'),
    loaded: value('LoadState') === 'loaded',
    active: ['active', 'activating', 'reloading'].includes(value('ActiveState')),
    failed: value('ActiveState') === 'failed',
    result: value('Result'),
    mainPid: Number(value('MainPID')),
    stoppedWith: STOPPED_WITH.flatMap((name) => value(name).split(' ')).filter(
      (unit) => unit !== '',
    ),
  };
}
