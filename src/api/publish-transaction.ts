/**
 * From staged to done, for a daemon that does not run, is restarted, or goes on running.
 */
import type { Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { lookAgain, type OpenStore } from './open-store.ts';
import { publishBeside } from './publish-beside.ts';
import { publishInRestart } from './publish-in-restart.ts';
import type { PublishResult, Write } from './publish-result.ts';
import { publishVerified } from './publish-verified.ts';
import { agreeOnRestart, type RestartOptions } from './restart-daemon.ts';
import { underDockerdLock } from './while-stopped.ts';

export interface PublishRequest {
  readonly transaction: Transaction;
  readonly options: RestartOptions;
  readonly write?: Write;
}

/**
 * Publishes a transaction, or does another write, the way that the daemon's state now asks for: it
 * may have been stopped or started since the store was opened.
 */
export async function publishTransaction(
  opened: OpenStore,
  engine: Engine,
  { transaction, options, write = publishVerified }: PublishRequest,
): Promise<PublishResult> {
  const store = await lookAgain(opened);
  if (!store.dockerd.running) {
    const done = await underDockerdLock(engine, () => write(engine, transaction));
    return { transaction: done, pending: undefined, notes: [] };
  }
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed !== undefined) return publishInRestart(engine, { transaction, agreed, write });
  return publishBeside(engine, store.engine, { transaction, write });
}
