/**
 * From staged to done, for a daemon that does not run, is restarted, or goes on running.
 */
import type { Engine } from '../apply/engine.ts';
import { readTransactions, type Transaction } from '../apply/journal.ts';
import { dockerdLockIfFree, holdDockerdLock } from '../daemon/dockerd-lock.ts';
import { shortId } from '../domain/digest.ts';
import type { Durations } from '../domain/report.ts';
import { lookAgain, type OpenStore } from './open-store.ts';
import { publishSwitch } from './overlay/publish-switch.ts';
import { publishBeside } from './publish-beside.ts';
import { publishInRestart } from './publish-in-restart.ts';
import type { PublishResult, Write } from './publish-result.ts';
import { publishVerified } from './publish-verified.ts';
import { agreeOnRestart, type RestartOptions } from './restart-daemon.ts';
import { newStopwatch, type Stopwatch } from './stopwatch.ts';
import { overwrittenTags } from './tags-in-force.ts';
import { underLock } from './while-stopped.ts';

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
  request: PublishRequest,
): Promise<PublishResult & { readonly durations: Durations }> {
  const watch = newStopwatch();
  const result = await publishIn(opened, engine, request, watch);
  const notes = [...result.notes, ...notesOnOverwritten(opened)];
  return { ...result, notes, durations: watch.durations() };
}

async function publishIn(
  opened: OpenStore,
  engine: Engine,
  { transaction, options, write: untimed = publishVerified }: PublishRequest,
  { measure }: Stopwatch,
): Promise<PublishResult> {
  const write: Write = (...now) => measure('publish', () => untimed(...now));
  if (transaction.bound.switches.length > 0) {
    return publishSwitch(await lookAgain(opened), engine, { transaction, options, write });
  }
  const { root } = opened.layout;
  const lock = opened.dockerd.running ? undefined : await dockerdLockIfFree(root);
  const store = lock === undefined ? await lookAgain(opened) : opened;
  if (!store.dockerd.running) {
    const held = lock ?? (await holdDockerdLock(root));
    const done = await underLock(held, () => write(engine, transaction));
    return { transaction: done, pending: undefined, notes: [] };
  }
  const agreed = await agreeOnRestart(store, transaction, options);
  if (agreed !== undefined) {
    return measure('restart', () => publishInRestart(engine, { transaction, agreed, write }));
  }
  return publishBeside(engine, store.engine, { transaction, write });
}

/**
 * The results of other transactions that a start of dockerd loads without their tags. The tags are
 * not put back here: whoever has set one back may have meant it, and no plan has shown it.
 */
function notesOnOverwritten({ layout }: OpenStore): string[] {
  // The file alone decides; a daemon that does not answer must not fail what is done.
  return overwrittenTags(layout, readTransactions(layout)).map(
    ({ tag, after }) =>
      `${tag} is back on its old image, and its result ${shortId(after)} without a tag: ` +
      'rebase-image resume applies it again',
  );
}
