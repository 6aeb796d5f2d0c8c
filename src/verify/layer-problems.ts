/**
 * What can be wrong with one layer: its layerdb entry and its overlay2 directory. Stricter than
 * dockerd, which passes over what it cannot load and mounts what is wrong. The one implementation
 * behind planning, the check after writing, and doctor.
 * Source: store.md 7 (1, 2, 3, 6, 7, 8), 1.1, 1.8, 1.9.
 */
import { asChainID, asDiffID, chainIdOn, type ChainID, type DiffID } from '../domain/digest.ts';
import { folderOfVersion, versionOfFolder } from '../domain/overlay/version.ts';
import { folderOfTarget, isLinkName, linkTargetOf, lowerOn } from '../domain/overlay-layer.ts';
import type { LayerDirectory, LayerRecord } from '../domain/snapshot.ts';
import type { StoreCode } from '../domain/store-finding.ts';

export interface Problem {
  readonly code: StoreCode;
  /** What follows the layer's name in a sentence. */
  readonly what: string;
}

type Layers = ReadonlyMap<ChainID, LayerRecord | undefined>;

const SIZE = /^[0-9]{1,19}$/;
/** What dockerd and BuildKit name layer directories (store.md 1.1). */
const CACHE_ID = /^[0-9a-z]+$/;

/** What an image says that a layer is. */
export interface ExpectedLayer {
  readonly diffId: DiffID;
  readonly parent: ChainID | undefined;
}

/**
 * Everything that is wrong with a layer; [] when it is sound. With `expected`, its diff and parent
 * must be those; without, its name must follow from them. What is wrong with its parent is not
 * repeated here.
 */
export function layerProblems(
  layer: LayerRecord,
  layers: Layers,
  expected?: ExpectedLayer,
): Problem[] {
  const identity = identityProblems(layer, layers, expected);
  const size = layer.size !== undefined && SIZE.test(layer.size);
  const problems = [...identity, ...(size ? [] : [fileProblem('size', layer.size)])];
  if (layer.cacheId === undefined || !CACHE_ID.test(layer.cacheId)) {
    return [...problems, fileProblem('cache-id', layer.cacheId)];
  }
  // What stands below a layer of unknown parent is not known either.
  const below = identity.length > 0 ? undefined : stackBelow(layer, layers);
  return [...problems, ...directoryProblems(layer.cacheId, layer.directory, below)];
}

function identityProblems(
  layer: LayerRecord,
  layers: Layers,
  expected: ExpectedLayer | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const diffId = asDiffID(layer.diff);
  const parent = asChainID(layer.parent);
  if (diffId === undefined || (expected !== undefined && diffId !== expected.diffId)) {
    problems.push(fileProblem('diff', layer.diff, diffId !== undefined));
  }
  if (expected !== undefined && layer.parent !== expected.parent) {
    problems.push(fileProblem('parent', layer.parent, true));
  } else if (layer.parent !== undefined && parent === undefined) {
    problems.push(fileProblem('parent', layer.parent));
  } else if (parent !== undefined && layers.get(parent) === undefined) {
    problems.push({
      code: 'layer-parent-missing',
      what: `stands on ${parent}, which is not in layerdb`,
    });
  }
  if (problems.length > 0 || isNamedRight(layer)) return problems;
  return [{ code: 'layer-chain', what: 'does not follow from its files diff and parent' }];
}

function fileProblem(name: string, content: string | undefined, isDigest = false): Problem {
  const code =
    content === undefined && name !== 'parent'
      ? 'layer-incomplete'
      : isDigest
        ? 'layer-chain'
        : 'layer-field';
  return { code, what: `has ${shown(content)} in its file ${name}` };
}

function directoryProblems(
  cacheId: string,
  directory: LayerDirectory | undefined,
  below: { readonly lower: string | undefined } | undefined,
): Problem[] {
  const name = `overlay2/${cacheId.slice(0, 12)}…`;
  if (directory?.hasDiff !== true) {
    return [{ code: 'layer-directory', what: `has no directory ${name}/diff` }];
  }
  return [...linkProblems(cacheId, directory, name), ...lowerProblems(directory, below, name)];
}

/** What is wrong with a directory's `link` and its entry in overlay2/l. */
export function linkProblems(
  directoryName: string,
  { link, linkTarget, versions }: Pick<LayerDirectory, 'link' | 'linkTarget' | 'versions'>,
  name: string,
): Problem[] {
  if (!isLinkName(link)) {
    return [{ code: 'link-invalid', what: `has ${shown(link)} in ${name}/link` }];
  }
  if (linkTarget === linkTargetOf(directoryName)) return [];
  const version = versionOfFolder(folderOfTarget(directoryName, linkTarget) ?? '');
  if (version !== undefined) return versionProblems(version, versions, name);
  const what = `has ${shown(linkTarget)} as target of overlay2/l/${link}`;
  return [{ code: linkTarget === undefined ? 'link-missing' : 'link-target', what }];
}

/** What is wrong with the version of a layer's files that is mounted; nothing if it is whole. */
function versionProblems(
  version: string,
  { versions, unknown }: LayerDirectory['versions'],
  name: string,
): Problem[] {
  if (versions.some((each) => each.version === version)) return [];
  const folder = folderOfVersion(version);
  return unknown.includes(folder)
    ? [
        {
          code: 'version-unknown',
          what: `shows ${name}/${folder}, of which no record says that it is whole`,
        },
      ]
    : [{ code: 'version-missing', what: `shows ${name}/${folder}, which is not there` }];
}

/** What is wrong with a directory's `lower`; `wanted` as in `stackBelow`. */
export function lowerProblems(
  { lower }: Pick<LayerDirectory, 'lower'>,
  wanted: { readonly lower: string | undefined } | undefined,
  name: string,
): Problem[] {
  if (wanted === undefined || lower === wanted.lower) return [];
  return [{ code: 'lower-wrong', what: `has ${shown(lower)} in ${name}/lower` }];
}

/**
 * What the `lower` of a layer must say: the links of all layers below it, whatever their own
 * `lower` says. undefined when one of them has no link to speak of, or is not what its name says.
 */
function stackBelow(
  layer: LayerRecord,
  layers: Layers,
): { readonly lower: string | undefined } | undefined {
  const links: string[] = [];
  let parentId = asChainID(layer.parent);
  if (layer.parent !== undefined && parentId === undefined) return undefined;
  for (; parentId !== undefined && links.length <= layers.size;) {
    const parent = layers.get(parentId);
    if (!isLinkName(parent?.directory?.link) || !isNamedRight(parent)) return undefined;
    links.push(parent.directory.link);
    parentId = asChainID(parent.parent);
  }
  return { lower: lowerOf(links) };
}

const NAMED_RIGHT = new WeakMap<LayerRecord, boolean>();

/** Whether the ChainID of a layer follows from its files diff and parent. Computed once for each. */
function isNamedRight(layer: LayerRecord): boolean {
  const known = NAMED_RIGHT.get(layer);
  if (known !== undefined) return known;
  const { chainId, diff, parent } = layer;
  const diffId = asDiffID(diff);
  const isRoot = parent === undefined;
  const right =
    diffId !== undefined &&
    (isRoot || asChainID(parent) !== undefined) &&
    chainIdOn(asChainID(parent), diffId) === chainId;
  NAMED_RIGHT.set(layer, right);
  return right;
}

/** The `lower` of whatever stands on a layer, as `stackBelow`. */
export function lowerAbove(
  chainId: ChainID | undefined,
  layers: Layers,
): { readonly lower: string | undefined } | undefined {
  if (chainId === undefined) return { lower: undefined };
  const layer = layers.get(chainId);
  const link = layer?.directory?.link;
  if (layer === undefined || !isLinkName(link) || !isNamedRight(layer)) return undefined;
  const below = stackBelow(layer, layers);
  return below === undefined ? undefined : { lower: lowerOn({ link, lower: below.lower }) };
}

function lowerOf(links: readonly string[]): string | undefined {
  return links.length === 0 ? undefined : links.map((link) => `l/${link}`).join(':');
}

/** A file's content for a message: quoted, and cut where it is long. */
export function shown(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
