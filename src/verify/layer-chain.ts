/**
 * Invariants of the layers below an image: what must hold before a plan relies on them and after
 * a transaction has written them. Stricter than dockerd, which drops silently what it cannot load
 * and mounts what is wrong. Source: store.md 7 (1, 2, 3, 6, 7, 8), 1.1, 1.8, 1.9.
 */
import { chainIdOn, shortId, type ChainID, type DiffID } from '../domain/digest.ts';
import { isLinkName, linkTargetOf, lowerOn } from '../domain/overlay-layer.ts';
import type { LayerDirectory, LayerRecord } from '../domain/snapshot.ts';

export interface LayerProblem {
  readonly chainId: ChainID;
  /** One line that begins with the layer. */
  readonly message: string;
}

const SIZE = /^[0-9]+$/;
/** What dockerd and BuildKit name layer directories (store.md 1.1). */
const CACHE_ID = /^[0-9a-z]+$/;

/** Everything that is wrong with a stack of layers, bottom first; [] when it is sound. */
export function chainProblems(
  diffIds: readonly DiffID[],
  layers: ReadonlyMap<ChainID, LayerRecord>,
): LayerProblem[] {
  const problems: LayerProblem[] = [];
  let parentId: ChainID | undefined;
  for (const diffId of diffIds) {
    const chainId = chainIdOn(parentId, diffId);
    const layer = layers.get(chainId);
    const parent = parentId === undefined ? undefined : layers.get(parentId);
    const found =
      layer === undefined ? ['is not in layerdb'] : layerProblems(layer, diffId, parent);
    problems.push(
      ...found.map((what) => ({ chainId, message: `layer ${shortId(chainId)} ${what}` })),
    );
    parentId = chainId;
  }
  return problems;
}

function layerProblems(
  layer: LayerRecord,
  diffId: DiffID,
  parent: LayerRecord | undefined,
): string[] {
  const problems: string[] = [];
  if (layer.diff !== diffId) problems.push(`has ${shown(layer.diff)} in its file diff`);
  if (layer.size === undefined || !SIZE.test(layer.size)) {
    problems.push(`has ${shown(layer.size)} in its file size`);
  }
  if (layer.parent !== parent?.chainId) {
    problems.push(`has ${shown(layer.parent)} in its file parent`);
  }
  if (layer.cacheId === undefined || !CACHE_ID.test(layer.cacheId)) {
    problems.push(`has ${shown(layer.cacheId)} in its file cache-id`);
    return problems;
  }
  return [...problems, ...directoryProblems(layer.cacheId, layer.directory, parent)];
}

function directoryProblems(
  cacheId: string,
  directory: LayerDirectory | undefined,
  parent: LayerRecord | undefined,
): string[] {
  const name = `overlay2/${cacheId.slice(0, 12)}…`;
  if (directory?.hasDiff !== true) return [`has no directory ${name}/diff`];
  const { link, linkTarget, lower } = directory;
  if (!isLinkName(link)) return [`has ${shown(link)} in ${name}/link`];
  const problems: string[] = [];
  if (linkTarget !== linkTargetOf(cacheId)) {
    problems.push(`has ${shown(linkTarget)} as target of overlay2/l/${link}`);
  }
  if (lower !== lowerBelow(parent)) problems.push(`has ${shown(lower)} in ${name}/lower`);
  return problems;
}

function lowerBelow(parent: LayerRecord | undefined): string | undefined {
  const directory = parent?.directory;
  return lowerOn(directory && { link: directory.link ?? '', lower: directory.lower });
}

function shown(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
