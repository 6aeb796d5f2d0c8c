import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LayerContents } from '../domain/layer-contents.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import type { WorkerAnswer, WorkerTask } from './contents-worker.ts';
import { readLayerContents, type LayerToRead } from './read-layer-contents.ts';

export interface ReadContentsOptions {
  readonly deep: boolean;
  /** Processes to read with; 0 reads in this one. */
  readonly workers: number;
  /** Told after each layer how many are done. */
  readonly done: (count: number) => void;
}

/**
 * Looks into layers, several at once; the answers come in the order of the layers.
 * Throws TOOL_MISSING, APPLY_FAILED when a worker dies.
 */
export async function readAllContents(
  layout: Layout,
  layers: readonly LayerToRead[],
  { deep, workers, done }: ReadContentsOptions,
): Promise<LayerContents[]> {
  const found: LayerContents[] = [];
  const queue = [...layers.entries()];
  let count = 0;
  const wanted = Math.min(workers, layers.length);
  const readers = wanted === 0 ? [thisProcess] : Array.from({ length: wanted }, startWorker);
  try {
    await Promise.all(
      readers.map(async ({ read }) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const [index, layer] = next;
          found[index] = await read({ layout, deep, layer });
          count += 1;
          done(count);
        }
      }),
    );
    return found;
  } finally {
    for (const { end } of readers) end();
  }
}

interface Reader {
  readonly read: (task: WorkerTask) => Promise<LayerContents>;
  readonly end: () => void;
}

const thisProcess: Reader = {
  read: ({ layout, layer, deep }) => readLayerContents(layout, layer, { deep }),
  end: () => undefined,
};

/** The build has the worker beside the command and the library, under the same name. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';

function startWorker(): Reader {
  const program = fileURLToPath(new URL(`./contents-worker.${EXTENSION}`, import.meta.url));
  const worker = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // It may die while nobody waits for it; the next task then finds it gone.
  worker.on('error', () => undefined);
  return {
    async read(task) {
      const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
        const died = (): void => {
          reject(new RebaseError('APPLY_FAILED', 'a process that reads layers died'));
        };
        // One that could not be started, as when memory is short, has an error and no exit.
        worker.once('exit', died).once('error', died);
        worker.once('message', (message) => {
          worker.off('exit', died).off('error', died);
          resolve(message as WorkerAnswer);
        });
        if (worker.connected) worker.send(task);
        else died();
      });
      if ('contents' in answer) return answer.contents;
      throw answer.code === undefined
        ? new Error(answer.message)
        : new RebaseError(answer.code, answer.message);
    },
    end() {
      worker.kill();
    },
  };
}
