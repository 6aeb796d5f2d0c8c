/**
 * The program that looks into layers for an examination, started once for each core: it gets one
 * layer at a time and answers with what it found, or with what went wrong. It ends with its parent.
 */
import type { LayerContents } from '../domain/layer-contents.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import { readLayerContents, type LayerToRead } from './read-layer-contents.ts';

export interface WorkerTask {
  readonly layout: Layout;
  readonly deep: boolean;
  readonly layer: LayerToRead;
}

export type WorkerAnswer =
  | { readonly contents: LayerContents }
  | { readonly code: RebaseError['code'] | undefined; readonly message: string };

process.on('message', ({ layout, layer, deep }: WorkerTask) => {
  readLayerContents(layout, layer, { deep }).then(
    (contents) => {
      answer({ contents });
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      answer({ code: error instanceof RebaseError ? error.code : undefined, message });
    },
  );
});

function answer(what: WorkerAnswer): void {
  process.send?.(what);
}
