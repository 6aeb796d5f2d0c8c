import type { Assembly } from '../../domain/overlay/assembly.ts';
import type { OpenBundle } from '../../store/overlay/open-bundle.ts';

/** How a version of a layer's files is made. Held in memory: a stage that dies begins anew. */
export interface DiffBuild {
  readonly assembly: Assembly;
  /** Unpacked first, into the folder of the one source that is `owned`, whatever that says. */
  readonly bundle?: OpenBundle | undefined;
  /** The folders seen of the layers below when it was planned: it fits no others. */
  readonly below: readonly { readonly cacheId: string; readonly folder: string | undefined }[];
}

/** What is built for a transaction, by the cache-id of the layer. */
export type DiffBuilds = ReadonlyMap<string, DiffBuild>;
