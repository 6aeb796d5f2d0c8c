import { addMissingTags } from '../apply/add-missing-tags.ts';
import { publish, type Engine } from '../apply/engine.ts';
import type { Transaction } from '../apply/journal.ts';
import { daemonTags, missingDaemonTags } from '../daemon/daemon-tags.ts';
import { readTags } from '../store/read-tags.ts';
import type { OpenStore } from './open-store.ts';
import { refuseChanges } from './publish-offline.ts';
import type { PublishResult } from './publish-result.ts';

/** dockerd goes on running: it reads the result at its next start. */
export async function publishBeside(
  store: OpenStore,
  engine: Engine,
  transaction: Transaction,
): Promise<PublishResult> {
  const fitting = await refuseChanges(engine, transaction);
  const published = await publish(engine, fitting);
  const notes = await keepDaemonTags(store, engine, published);
  return { transaction: published, pending: 'restart', notes };
}

/**
 * dockerd writes repositories.json from memory and may have done so between our read and our
 * rename: a tag that only the daemon knows is added, so that its restart does not lose it
 * (store.md 9).
 */
async function keepDaemonTags(
  { engine: daemon, layout }: OpenStore,
  engine: Engine,
  { begin, number }: Transaction,
): Promise<string[]> {
  if (daemon === undefined) return [];
  const file = new Map(
    [...readTags(layout).byKey.values()].map(({ key, imageId }) => [key, imageId] as const),
  );
  const planned = new Set(begin.bound.tags.map(({ key }) => key));
  const missing = missingDaemonTags(daemonTags(await daemon.listImages()), file, planned);
  addMissingTags({ disk: engine.disk, layout, transaction: number }, missing);
  return missing.map(({ reference }) => `kept the tag ${reference}, which docker made meanwhile`);
}
