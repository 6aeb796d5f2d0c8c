import { availableParallelism } from 'node:os';
import { readTransactions } from '../apply/journal.ts';
import { transactionOf } from '../apply/step.ts';
import { findAlive } from '../daemon/alive-without-daemon.ts';
import { counted } from '../domain/counted.ts';
import type { DoctorReport } from '../domain/doctor-report.ts';
import { layersOf, type HostFacts, type Inventory } from '../domain/inventory.ts';
import type { Progress } from '../domain/progress.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { findExamined } from '../resolve/find-examined.ts';
import type { Layout } from '../store/layout.ts';
import { readInventory } from '../store/read-inventory.ts';
import { concerning, concernsOf } from '../verify/concerning.ts';
import { examine, inOrder, withVictims } from '../verify/examine.ts';
import { withoutShared } from '../verify/layers.ts';
import { examineContents } from '../verify/layer-contents.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { readAllContents } from './read-all-contents.ts';

export interface ExamineOptions {
  /** A reference or ID: only what concerns this image. */
  readonly image?: string | undefined;
  /** Puts every layer's tar together again and compares directories with it. */
  readonly deep: boolean;
  readonly progress: Progress;
  /** Processes that look into layers; otherwise one for each core when `deep`, and only this one. */
  readonly workers?: number | undefined;
}

/**
 * Examines a store: every invariant of it, or what concerns one image. Reads only, with dockerd
 * running or stopped, and on a store that dockerd cannot start on.
 * Throws IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, TOOL_MISSING.
 */
export async function examineStore(
  store: OpenStore,
  options: ExamineOptions,
): Promise<DoctorReport> {
  options.progress('read the store');
  const inventory = inventoryOf(store);
  const image = options.image === undefined ? undefined : findExamined(inventory, options.image);
  const concerned = image === undefined ? undefined : concernsOf(inventory, image.imageId);
  const about = <T extends { readonly chainId: string }>(layers: readonly T[]): T[] =>
    layers.filter(({ chainId }) => concerned?.has(chainId) ?? true);
  const layers = about(layersOf(withoutShared(inventory))).filter(({ diff }) => diff !== undefined);
  const findings = [
    ...steadyFindings(store, inventory),
    ...withVictims(inventory, await contentFindings(store.layout, layers, options)),
  ];
  return {
    storeRoot: store.layout.root,
    daemon: daemonView(store),
    image,
    deep: options.deep,
    examined: {
      layers: about(layersOf(inventory)).length,
      images: image === undefined ? inventory.images.size : 1,
      containers: inventory.containers.filter(({ id }) => concerned?.has(id) ?? true).length,
    },
    findings: inOrder(concerned === undefined ? findings : concerning(findings, concerned)),
  };
}

/** What a running dockerd was just changing is no damage: only what is still so counts. */
function steadyFindings(store: OpenStore, inventory: Inventory): StoreFinding[] {
  const findings = examine(inventory);
  if (findings.length === 0 || !store.dockerd.running) return findings;
  const again = new Set(examine(inventoryOf(store)).map(({ message }) => message));
  return findings.filter(({ message }) => again.has(message));
}

async function contentFindings(
  layout: Layout,
  layers: ReturnType<typeof layersOf>,
  options: ExamineOptions,
): Promise<StoreFinding[]> {
  const { deep, progress } = options;
  const total = layers.length;
  const what = `look into ${counted(total, 'layer')}`;
  const contents = await readAllContents(
    layout,
    layers.map(({ chainId, cacheId, diff, directory }) => {
      return { chainId, cacheId: directory?.hasDiff === true ? cacheId : undefined, diff };
    }),
    {
      deep,
      workers: options.workers ?? (deep ? availableParallelism() : 0),
      done: (done) => {
        progress(what, { done, total, unit: 'layers' });
      },
    },
  );
  return contents.flatMap(examineContents);
}

function inventoryOf({ layout, dockerd, otherDrivers }: OpenStore): Inventory {
  const open = readTransactions(layout).filter(
    ({ state }) => state !== 'published' && state !== 'undone' && state !== 'discarded',
  );
  const layers = open.flatMap(({ bound }) => bound.layers);
  const alive = dockerd.running ? undefined : findAlive(layout.root, layout.containers);
  const host: HostFacts = {
    dockerdRuns: dockerd.running,
    alive: new Set(alive?.containers.map(({ id }) => id)),
    otherDrivers,
    ours: new Set([
      ...layers.flatMap(({ chainId, cacheId, link }) => [chainId, cacheId, link]),
      ...open.flatMap(({ bound }) => bound.switches.map(({ cacheId }) => cacheId)),
    ]),
  };
  const numbers = new Set<number | undefined>(open.map(({ number }) => number));
  return readInventory(layout, host, (name) => numbers.has(transactionOf(name) ?? NaN));
}
