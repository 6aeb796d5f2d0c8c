import { setTimeout as sleep } from 'node:timers/promises';

import { RebaseError } from '../errors.ts';
import { isDockerdLockHeld } from './dockerd-lock.ts';
import { hasEnded } from './dockerd-process.ts';
import type { ServiceContext, StartOutcome } from './daemon-service.ts';

const STOP_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
/** A dockerd that starts accepts a connection at once and answers when it is ready. */
const PING_MS = 1_000;

/**
 * Takes the daemon, resolves when its lock is free and its process is gone. Throws DAEMON_FAILED when
 * that takes longer than the timeout. dockerd itself gives its containers 10 seconds or their own
 * stop timeout.
 */
export async function waitUntilStopped(context: ServiceContext): Promise<void> {
  const { dataRoot, dockerd, procPath = '/proc', stopTimeoutMs = STOP_TIMEOUT_MS } = context;
  const deadline = performance.now() + stopTimeoutMs;
  for (;;) {
    const gone = dockerd === undefined || hasEnded(dockerd, { procPath });
    if (gone && !(await isDockerdLockHeld(dataRoot))) return;
    if (performance.now() > deadline) {
      const who = dockerd?.pid === undefined ? 'dockerd' : `dockerd (pid ${String(dockerd.pid)})`;
      const seconds = String(stopTimeoutMs / 1000);
      throw new RebaseError('DAEMON_FAILED', `${who} still runs ${seconds} s after its stop`, {
        hint: 'journalctl -u docker.service -n 50; a container may need long to stop',
      });
    }
    await sleep(POLL_MS);
  }
}

/** Whether the daemon of this data-root, and no other, answers at the socket. */
export async function isUp(context: ServiceContext, timeoutMs = PING_MS): Promise<boolean> {
  return (await answers(context, timeoutMs)) && (await isDockerdLockHeld(context.dataRoot));
}

/**
 * Takes the daemon and a probe that returns the evidence that it has failed (one line) or undefined;
 * returns when the daemon is up, when there is evidence, or after the timeout.
 */
export async function waitUntilUp(
  context: ServiceContext,
  evidence: () => Promise<string | undefined>,
  hint: string,
): Promise<StartOutcome> {
  const { dataRoot, engine, startTimeoutMs = START_TIMEOUT_MS } = context;
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    if (await isUp(context)) return { state: 'up', warnings: [] };
    const message = await evidence();
    if (message !== undefined) return { state: 'failed', message, hint };
    if (performance.now() > deadline) break;
    await sleep(POLL_MS);
  }
  const other = await answers(context, PING_MS);
  const seconds = String(startTimeoutMs / 1000);
  return {
    state: 'unknown',
    message: other
      ? `a daemon answers at unix://${engine.socketPath}, and none runs on ${dataRoot}`
      : `dockerd does not answer at unix://${engine.socketPath} after ${seconds} s`,
    hint,
  };
}

async function answers({ engine }: ServiceContext, timeoutMs: number): Promise<boolean> {
  try {
    return await engine.ping({ timeoutMs });
  } catch (error) {
    // It listens and is not ready, or answers with an error while it starts.
    if (error instanceof RebaseError && error.code === 'DAEMON_FAILED') return false;
    throw error;
  }
}
