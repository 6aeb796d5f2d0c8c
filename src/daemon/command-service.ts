import { RebaseError } from '../errors.ts';
import type { CommandRecord, DaemonService, ServiceContext } from './daemon-service.ts';
import { startShell, type ShellCommand } from './shell-command.ts';
import { isDockerdLockHeld } from './dockerd-lock.ts';
import { isUp, waitUntilStopped, waitUntilUp } from './wait-for-daemon.ts';

const LAST_MS = 500;
const HINT = "look at the command's output and at dockerd's log";

/**
 * Takes the two shell command lines and the daemon, returns the service. The stop command has to end,
 * with 0, before the daemon's lock is looked at; the start command may end, leave dockerd behind or
 * be dockerd itself. start() runs nothing when the daemon is up.
 */
export function commandService(record: CommandRecord, context: ServiceContext): DaemonService {
  return {
    kind: 'commands',
    record,
    describe: () => `${oneLine(record.stop)}; ${oneLine(record.start)}`,
    async stop() {
      const command = startShell(record.stop);
      try {
        await ended(command, record.stop, context.stopTimeoutMs ?? 120_000);
      } finally {
        command.forget();
      }
      await waitUntilStopped(context);
    },
    async start() {
      if (await isUp(context)) return { state: 'up', warnings: [] };
      const command = startShell(record.start);
      try {
        const outcome = await waitUntilUp(
          context,
          () => failureOf(command, record.start, context),
          HINT,
        );
        // A script that waits for dockerd too is about to end, and its output's file with it.
        if (outcome.state === 'up') await command.ended(LAST_MS);
        return outcome;
      } finally {
        command.forget();
      }
    },
  };
}

async function ended(command: ShellCommand, line: string, timeoutMs: number): Promise<void> {
  const code = await command.ended(timeoutMs);
  if (code === 0) return;
  if (code === undefined) command.kill();
  const how = code === undefined ? `took longer than ${String(timeoutMs / 1000)} s` : exited(code);
  throw new RebaseError(
    'DAEMON_FAILED',
    `the stop command ${how}: ${oneLine(line)}${lastLines(command)}`,
    {
      hint: HINT,
    },
  );
}

/** A command that failed although a dockerd has the data-root is no evidence against that dockerd. */
async function failureOf(
  command: ShellCommand,
  line: string,
  { dataRoot }: ServiceContext,
): Promise<string | undefined> {
  const code = command.exitCode();
  if (code === undefined || code === 0 || (await isDockerdLockHeld(dataRoot))) return undefined;
  return `the start command ${exited(code)}: ${oneLine(line)}${lastLines(command)}`;
}

function exited(code: number): string {
  return `ended with exit code ${String(code)}`;
}

function lastLines(command: ShellCommand): string {
  const lines = command.output().trim().split('\n').slice(-3).join('\n');
  return lines === '' ? '' : ` (${oneLine(lines)})`;
}

function oneLine(text: string): string {
  return text.trim().split('\n').join('; ');
}
