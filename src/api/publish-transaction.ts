/**
 * From staged to done, for a daemon that does not run, is restarted, or goes on running.
 */
import type { Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import type { OpenStore } from './open-store.ts';
import { publishBeside } from './publish-beside.ts';
import { publishInRestart } from './publish-in-restart.ts';
import { publishOffline } from './publish-offline.ts';
import type { PublishResult } from './publish-result.ts';
import { agreeOnRestart, type RestartOptions } from './restart-daemon.ts';

/** Publishes a staged transaction, or goes on with one that was interrupted while publishing. */
export async function publishTransaction(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  if (!store.dockerd.running) {
    const done = await publishOffline(store, engine, transaction);
    return { transaction: done, pending: undefined, notes: [] };
  }
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed === undefined) return publishBeside(store, engine, transaction);
  return publishInRestart(store, engine, { transaction, agreed });
}

/** Restarts the daemon for a transaction that it has not read yet, if that is wanted. */
export async function restartPublished(
  store: OpenStore,
  engine: Engine,
  { transaction, options }: { transaction: Transaction; options: RestartOptions },
): Promise<PublishResult> {
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed !== undefined) return publishInRestart(store, engine, { transaction, agreed });
  return { transaction, pending: store.dockerd.running ? 'restart' : undefined, notes: [] };
}
