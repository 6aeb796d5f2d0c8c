import type { InspectedContainer } from './engine-answers.ts';

/** One container and what a restart of dockerd means for it. */
export interface ContainerFate {
  /** 12 hex digits, as docker prints it. */
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  /** For people: the flag or the policy that decides. */
  readonly why: string;
}

/** All containers that a restart of dockerd touches, by what becomes of them. */
export interface ContainersAtRestart {
  /** Run now and run afterwards. */
  readonly comeBack: readonly ContainerFate[];
  /** Run now and may not run afterwards; start them again (a start of a running one does nothing). */
  readonly stayDown: readonly ContainerFate[];
  /** Gone afterwards, with their anonymous volumes. */
  readonly deleted: readonly ContainerFate[];
  /** Do not run now and do afterwards. */
  readonly startedToo: readonly ContainerFate[];
}

/** Of `GET /info`. */
export interface RestartedDaemon {
  readonly liveRestore: boolean;
  /** `20.10.24+dfsg1`; absent, or no version, counts as old. */
  readonly serverVersion?: string;
}

type Group = keyof ContainersAtRestart;

/**
 * Takes all inspected containers (stopped ones too) and what dockerd says of itself, returns what a
 * stop and start of dockerd does to them. moby daemon/daemon.go (restore), restartmanager
 * (ShouldRestart); measured on 20.10.24 but for --rm from 25 on.
 */
export function containersAtRestart(
  containers: readonly InspectedContainer[],
  daemon: RestartedDaemon,
): ContainersAtRestart {
  const groups: Record<Group, ContainerFate[]> = {
    comeBack: [],
    stayDown: [],
    deleted: [],
    startedToo: [],
  };
  for (const container of containers) {
    const fate = ALIVE.includes(container.state)
      ? fateOfRunning(container, daemon)
      : fateOfStopped(container);
    if (fate === undefined) continue;
    const [group, why] = fate;
    const { name, imageId } = container;
    groups[group].push({ id: container.id.slice(0, 12), name, imageId, why });
  }
  return groups;
}

const ALIVE = ['running', 'paused', 'restarting'];

function fateOfRunning(
  container: InspectedContainer,
  { liveRestore, serverVersion = '' }: RestartedDaemon,
): [Group, string] {
  const { restartPolicy: policy, state, autoRemove } = container;
  if (autoRemove && !(liveRestore && keepsAutoRemove(serverVersion))) {
    return ['deleted', liveRestore ? '--rm, in spite of live-restore' : '--rm'];
  }
  if (liveRestore && state !== 'restarting') return ['comeBack', 'live-restore: keeps running'];
  switch (policy.name) {
    case 'always':
    case 'unless-stopped': {
      const paused = state === 'paused' ? ', no longer paused' : '';
      return ['comeBack', `restart policy ${policy.name}${paused}`];
    }
    case 'on-failure':
      // What it exits with when dockerd stops it is not known before.
      return ['stayDown', 'restart policy on-failure: back only if it exits with an error'];
    default:
      return ['stayDown', 'no restart policy'];
  }
}

/**
 * dockerd before 25 removes a --rm container at its start even when live-restore has kept it running
 * (measured on 20.10.24; moby#46308, mended by moby#46857).
 */
function keepsAutoRemove(serverVersion: string): boolean {
  return Number.parseInt(serverVersion, 10) >= 25;
}

function fateOfStopped(container: InspectedContainer): [Group, string] | undefined {
  const { restartPolicy: policy, state, autoRemove, exitCode, restartCount } = container;
  if (autoRemove) return ['deleted', '--rm'];
  // One that was never started is not started either.
  if (state !== 'exited') return undefined;
  if (policy.name === 'always') return ['startedToo', 'restart policy always'];
  const tries = policy.maximumRetryCount === 0 || restartCount < policy.maximumRetryCount;
  if (policy.name === 'on-failure' && exitCode !== 0 && tries) {
    return ['startedToo', `restart policy on-failure, exited with ${String(exitCode)}`];
  }
  return undefined;
}
