import type { Engine } from '../apply/engine.ts';
import { followDaemonTags, type DaemonTags } from '../apply/follow-daemon-tags.ts';
import type { Transaction } from '../apply/journal.ts';
import { daemonTags } from '../daemon/daemon-tags.ts';
import type { EngineApi } from '../daemon/engine-api.ts';
import { RebaseError } from '../errors.ts';
import type { PublishResult, Write } from './publish-result.ts';

/**
 * Writes while dockerd goes on running: it reads the result at its next start. It writes
 * repositories.json from memory and may have done so between our read and our rename, so what it
 * did to its tags meanwhile is done to the file as well (store.md 9).
 */
export async function publishBeside(
  engine: Engine,
  daemon: EngineApi | undefined,
  { transaction, write }: { transaction: Transaction; write: Write },
): Promise<PublishResult> {
  const before = await tagsOf(daemon);
  const published = await write(engine, transaction);
  const after = await tagsOf(daemon);
  return {
    transaction: published,
    pending: 'restart',
    notes: follow(engine, published, { before, after }),
  };
}

function follow(
  { disk, layout }: Engine,
  { begin, number }: Transaction,
  { before, after }: { before: DaemonTags | undefined; after: DaemonTags | undefined },
): string[] {
  if (before === undefined || after === undefined) {
    return ['the daemon did not list its tags: one that docker made just now may be lost'];
  }
  const planned = new Set(begin.bound.tags.map(({ key }) => key));
  const context = { disk, layout, transaction: number };
  return followDaemonTags(context, { before, after }, planned).map(
    (reference) => `${reference} is as docker has set it meanwhile`,
  );
}

async function tagsOf(daemon: EngineApi | undefined): Promise<DaemonTags | undefined> {
  try {
    return daemon === undefined ? undefined : daemonTags(await daemon.listImages());
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'DAEMON_FAILED') return undefined;
    throw error;
  }
}
