import { RebaseError } from '../errors.ts';
import type { RunTool } from './run-tool.ts';

export interface DeadMan {
  readonly transaction: string;
  /** The units to start, docker's own among them. */
  readonly units: readonly string[];
  readonly seconds: number;
}

/**
 * Arms a transient timer that starts the units after so many seconds, whatever becomes of this
 * process; one that this transaction armed before is replaced. Throws DAEMON_FAILED when systemd
 * refuses, so that the daemon is not stopped without it. systemd-run(1).
 */
export async function armDeadMan(
  { transaction, units, seconds }: DeadMan,
  run: RunTool,
): Promise<void> {
  const name = unitName(transaction);
  await run('systemctl', ['stop', `${name}.timer`]);
  const { code, stderr } = await run('systemd-run', [
    '--quiet',
    '--collect',
    `--on-active=${String(seconds)}`,
    // Timers are up to a minute late otherwise (systemd.timer(5), AccuracySec=).
    '--timer-property=AccuracySec=1s',
    `--unit=${name}`,
    'systemctl',
    'start',
    ...units,
  ]);
  if (code === 0) return;
  const said = stderr.trim() || `exit code ${String(code)}`;
  throw new RebaseError('DAEMON_FAILED', `cannot arm the timer ${name}.timer: ${said}`, {
    hint: 'docker has not been stopped; --stop-command and --start-command work without a timer',
  });
}

/** Takes the timer away; returns a warning when it could not be. */
export async function disarmDeadMan(transaction: string, run: RunTool): Promise<string[]> {
  const timer = `${unitName(transaction)}.timer`;
  const { code, stderr } = await run('systemctl', ['stop', timer]);
  // A timer that has fired is unloaded already.
  if (code === 0 || stderr.includes('not loaded')) return [];
  return [`systemctl stop ${timer}: ${stderr.trim() || `exit code ${String(code)}`}`];
}

function unitName(transaction: string): string {
  return `rebase-image-start-docker-${transaction}`;
}
