import { RebaseError } from '../errors.ts';
import { commandService } from './command-service.ts';
import { containersService } from './containers-service.ts';
import type { DaemonService, ServiceContext, ServiceRecord } from './daemon-service.ts';
import { recordSystemd, systemdService } from './systemd.ts';

export interface ServiceChoice {
  readonly stopCommand?: string | undefined;
  readonly startCommand?: string | undefined;
  /** Exists when systemd is the init system (sd_booted(3)); `/run/systemd/system` by default. */
  readonly systemdFolder?: string;
}

/**
 * Takes the flags and the daemon, returns how to restart it: the two commands when given, else systemd
 * when docker.service's main process is this dockerd, else undefined (the user restarts it). Changes
 * nothing. Throws USAGE when only one command is given.
 */
export async function chooseService(
  choice: ServiceChoice,
  context: ServiceContext,
): Promise<DaemonService | undefined> {
  const { stopCommand, startCommand, systemdFolder = '/run/systemd/system' } = choice;
  if (stopCommand !== undefined && startCommand !== undefined) {
    return commandService({ kind: 'commands', stop: stopCommand, start: startCommand }, context);
  }
  if (stopCommand !== undefined || startCommand !== undefined) {
    const missing = stopCommand === undefined ? '--stop-command' : '--start-command';
    throw new RebaseError('USAGE', `${missing} is missing: the two commands go together`, {
      hint: "for example --stop-command 'rc-service docker stop' --start-command 'rc-service docker start'",
    });
  }
  const record = await recordSystemd(context, systemdFolder);
  return record === undefined ? undefined : systemdService(record, context);
}

/**
 * Takes what a journal kept and the daemon, returns the same service: how `resume` and `abort` start
 * a daemon that a run before them has stopped.
 */
export function serviceFromRecord(record: ServiceRecord, context: ServiceContext): DaemonService {
  switch (record.kind) {
    case 'systemd':
      return systemdService(record, context);
    case 'commands':
      return commandService(record, context);
    case 'containers':
      return containersService(record, context.engine);
  }
}
