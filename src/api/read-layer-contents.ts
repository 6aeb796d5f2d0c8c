import type { ByteString } from '../domain/byte-string.ts';
import type { ChainID } from '../domain/digest.ts';
import type { DeepContents, Difference, LayerContents } from '../domain/layer-contents.ts';
import { RebaseError } from '../errors.ts';
import { readDependentMarks } from '../store/dependent-marks.ts';
import { IndexBuilder } from '../store/index-builder.ts';
import { remappedRoot } from '../store/layer-owner.ts';
import { tarSplitFile, type Layout } from '../store/layout.ts';
import { statOf } from '../store/read-file.ts';
import { reassembleLayer } from '../store/reassemble-layer.ts';
import { tarMembers } from '../store/tar-members.ts';
import { surveyLayers } from '../store/survey-layers.ts';
import { readTarSplit, streamTarSplit, tarSplitEntries } from '../store/tar-split.ts';
import { walkLayer } from '../store/walk-layer.ts';
import { walkXattrs } from '../store/walk-xattrs.ts';
import { layerDifferences, xattrDifferences } from '../verify/layer-differences.ts';

/** Which layer to look into, and what its files say of it. */
export interface LayerToRead {
  readonly chainId: ChainID;
  /** undefined where there is no overlay2 directory to look into. */
  readonly cacheId: string | undefined;
  readonly diff: string | undefined;
}

/**
 * Reads a layer's tar-split file; deep, also puts its tar together again and compares its directory
 * with it. Reads only. Throws TOOL_MISSING.
 */
export async function readLayerContents(
  layout: Layout,
  { chainId, cacheId, diff }: LayerToRead,
  { deep }: { readonly deep: boolean },
): Promise<LayerContents> {
  const tarSplit = await tarSplitProblem(tarSplitFile(layout, chainId));
  if (tarSplit !== undefined || !deep || cacheId === undefined) {
    return { chainId, tarSplit, deep: undefined };
  }
  const layer = { chainId, cacheId };
  let { diffId, damaged } = await reassembleLayer(layout, layer);
  if (diffId !== diff && damaged.length === 0) {
    ({ diffId, damaged } = await reassembleLayer(layout, layer, { checksums: true }));
  }
  const found: DeepContents = {
    diffId,
    wanted: diff,
    damaged,
    differences: await differencesOf(layout, layer),
    marks: readDependentMarks(layout, surveyLayers(layout, [cacheId])).get(cacheId) ?? [],
  };
  return { chainId, tarSplit, deep: found };
}

async function tarSplitProblem(file: string): Promise<string | undefined> {
  const stat = statOf(file);
  if (stat === undefined) return 'it is not there';
  if (!stat.isFile()) return 'it is no regular file';
  if (stat.size === 0) return 'it is empty';
  try {
    let entries = 0;
    for await (const entry of streamTarSplit(file)) entries += entry.kind === 'raw' ? 1 : 0;
    return entries === 0 ? 'it has no entries' : undefined;
  } catch (error) {
    if (!(error instanceof RebaseError && error.code === 'STORE_DAMAGED')) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    return cause;
  }
}

const NO_XATTRS: ReadonlyMap<ByteString, ByteString> = new Map();

/** What the tar makes of a directory, against the directory; [] for a tar that cannot be followed. */
async function differencesOf(
  layout: Layout,
  { chainId, cacheId }: { readonly chainId: ChainID; readonly cacheId: string },
): Promise<Difference[]> {
  const builder = new IndexBuilder();
  const named = new Map<ByteString, ReadonlyMap<ByteString, ByteString>>();
  try {
    const text = readTarSplit(tarSplitFile(layout, chainId));
    for (const member of tarMembers(tarSplitEntries(text))) {
      builder.add(member);
      // All names of a file have the attributes of the first.
      const its = member.type === '1' ? named.get(cleaned(member.linkName)) : member.xattrs;
      named.set(cleaned(member.name), its ?? NO_XATTRS);
    }
    const remapped = remappedRoot(layout).uid !== 0;
    return [
      ...layerDifferences(builder.index(), walkLayer(layout, cacheId), new Set(named.keys())),
      ...xattrDifferences(named, await walkXattrs(layout, cacheId), { remapped }),
    ];
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'STORE_DAMAGED') return [];
    throw error;
  }
}

function cleaned(name: ByteString): ByteString {
  return name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
}
