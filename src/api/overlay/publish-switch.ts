import type { Engine } from '../../apply/engine.ts';
import type { Transaction } from '../../apply/journal.ts';
import { counted } from '../../domain/counted.ts';
import { shortId } from '../../domain/digest.ts';
import type { OpenStore } from '../open-store.ts';
import { publishInRestart } from '../publish-in-restart.ts';
import type { PublishResult, Write } from '../publish-result.ts';
import type { Mounted } from './mounted-on.ts';
import { agreeOnRunning, type ContainerOptions } from './running-containers.ts';

/**
 * Publishes a switch of base layers. dockerd keeps nothing of an entry in overlay2/l: it need not be
 * stopped, and may start or stop meanwhile. Only what runs on the bases counts.
 * Throws IN_USE, DAEMON_FAILED, and what `write` throws.
 */
export async function publishSwitch(
  store: OpenStore,
  engine: Engine,
  request: { transaction: Transaction; options: ContainerOptions; write: Write },
): Promise<PublishResult> {
  const { transaction, options, write } = request;
  const what = await agreeOnRunning(store, transaction.bound.switches, options);
  if (what.kind === 'restart') {
    const { agreed, notes } = what;
    const done = await publishInRestart(engine, { transaction, agreed, write });
    return { ...done, notes: [...done.notes, ...notes] };
  }
  const done = await write(engine, transaction);
  return { transaction: done, pending: undefined, notes: notesOn(what.running) };
}

function notesOn(running: readonly Mounted[]): string[] {
  if (running.length === 0) return [];
  const keep = running.length === 1 ? 'keeps' : 'keep';
  const names = running.map(({ name, id }) => name || shortId(id)).join(', ');
  const what = counted(running.length, 'container');
  return [`${what} ${keep} the old files until stopped and started: ${names}`];
}
