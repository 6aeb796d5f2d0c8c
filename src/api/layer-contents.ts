import { shortId, type ChainID, type DiffID } from '../domain/digest.ts';
import { requestKey, type FileFact, type FileRequest } from '../domain/file-fact.ts';
import type { IndexedLayer } from '../domain/layer-index.ts';
import { EMPTY_TREE, layerOn, type MergedTree } from '../domain/merged-tree.ts';
import { folderOfTarget } from '../domain/overlay-layer.ts';
import type { LayerRecord } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import { readDependentMarks, type PathMark } from '../store/dependent-marks.ts';
import { readFileFact } from '../store/read-file-fact.ts';
import { isLayerName } from '../store/layer-name.ts';
import { readCacheId } from '../store/read-layer.ts';
import { readLayerIndex } from '../store/read-layer-index.ts';
import { openExamination, type Examination } from './examine-layers.ts';
import { keepRecent } from './keep-recent.ts';

/** A layer of a stack: its place in the merged tree is the chain, its files are the layer's. */
export interface StackedLayer {
  readonly chainId: ChainID;
  readonly layer: IndexedLayer;
}

/** What the layers of a store hold, read as it is asked for. */
export interface LayerContents {
  /** A layer with its index. Throws STORE_DAMAGED when the store has none or cannot read it. */
  readonly layer: (chainId: ChainID, diffId: DiffID) => IndexedLayer;
  /** The merged tree of a whole stack, lowest layer first. */
  readonly tree: (stack: readonly StackedLayer[]) => MergedTree;
  readonly file: (request: FileRequest) => FileFact;
  /** The marks of these layers that tie them to the layers below, of all of them at once. */
  readonly marks: (chainIds: Iterable<ChainID>) => Map<ChainID, readonly PathMark[]>;
}

/** Entries of indexes and of trees that are kept, each some 300 bytes. */
const ENTRIES_KEPT = 300_000;
/** What a tree counts besides its layer: the directories below that the layer reaches into. */
const ENTRIES_COPIED = 2000;
/** Bytes of file contents that are kept. */
const BYTES_KEPT = 64 * 1024 * 1024;
/** What a fact counts that holds no bytes. */
const FACT_BYTES = 1024;

/**
 * Opens the contents of a store's layers. What several images share (bases, the lower layers of a
 * family, the files in them) is read once; what an examination knows of a layer is not read again.
 */
export function openLayerContents(
  layout: Layout,
  { layers: known, survey }: Pick<Examination, 'layers' | 'survey'> = openExamination(layout),
): LayerContents {
  const cacheIds = new Map<ChainID, string>();
  const layers = keepRecent<ChainID, IndexedLayer>(ENTRIES_KEPT, entriesIn);
  const trees = keepRecent<string, { tree: MergedTree; layer: IndexedLayer }>(
    ENTRIES_KEPT,
    ({ layer }) => entriesIn(layer) + ENTRIES_COPIED,
  );
  const facts = keepRecent<string, FileFact>(BYTES_KEPT, bytesIn);

  function cacheIdOf(chainId: ChainID): string {
    const found = cacheIds.get(chainId);
    if (found !== undefined) return found;
    const read = known.has(chainId) ? known.get(chainId)?.cacheId : readCacheId(layout, chainId);
    if (read === undefined || !isLayerName(read)) {
      const what = read === undefined ? 'is not in the store' : 'names no directory of its own';
      throw new RebaseError('STORE_DAMAGED', `layer ${shortId(chainId)} ${what}`, {
        hint: 'pull, load or build the image again; nothing was changed',
      });
    }
    cacheIds.set(chainId, read);
    return read;
  }

  return {
    layer: (chainId, diffId) =>
      layers.get(chainId, () => ({
        chainId,
        diffId,
        index: readLayerIndex(layout, {
          chainId,
          cacheId: cacheIdOf(chainId),
          folder: folderSeen(known.get(chainId)),
        }),
      })),
    tree: (stack) =>
      stack.reduce(
        (below, { chainId, layer }) =>
          // Of one place in a tree, each source is another tree: its nodes name their layer.
          trees.get(`${chainId} ${layer.chainId}`, () => ({ tree: layerOn(below, layer), layer }))
            .tree,
        EMPTY_TREE,
      ),
    file: (request) =>
      facts.get(requestKey(request), () =>
        readFileFact(layout, cacheIdOf(request.chainId), request),
      ),
    marks: (chainIds) => {
      const byChain = new Map(Array.from(chainIds, (chainId) => [chainId, cacheIdOf(chainId)]));
      const found = readDependentMarks(layout, survey(byChain.values()));
      return new Map(
        Array.from(byChain, ([chainId, cacheId]) => [chainId, found.get(cacheId) ?? []]),
      );
    },
  };
}

function folderSeen(layer: LayerRecord | undefined): string | undefined {
  const { cacheId, directory } = layer ?? {};
  return cacheId === undefined ? undefined : folderOfTarget(cacheId, directory?.linkTarget);
}

function entriesIn({ index }: IndexedLayer): number {
  return index.entries.length + index.whiteouts.size + index.opaque.size + 1;
}

function bytesIn(fact: FileFact): number {
  return fact.kind === 'bytes' ? fact.bytes.length + FACT_BYTES : FACT_BYTES;
}
