/**
 * Which base of the host a name means to the overlay commands: a layer stack that is there,
 * although its image may have lost its tag or be gone.
 */
import { asChainID, chainIdsOf, shortId, type ChainID } from '../domain/digest.ts';
import {
  NO_VERSIONS,
  ORIGINAL,
  type BaseIdentity,
  type LayerVersions,
} from '../domain/overlay/version.ts';
import { nameOfImage, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { findImage } from './find-image.ts';

export interface OverlayBase {
  readonly identity: BaseIdentity;
  readonly cacheId: string;
  /** Its layers, lowest first; the last one is the layer whose files are exchanged. */
  readonly chainIds: readonly ChainID[];
  readonly versions: LayerVersions;
}

export interface BaseFacts {
  readonly snapshot: Snapshot;
  readonly parents: ReadonlyMap<ChainID, ChainID | undefined>;
  readonly cacheIds: ReadonlyMap<ChainID, string>;
  /** By cache-id. */
  readonly versions: ReadonlyMap<string, LayerVersions>;
}

/**
 * Every base that a text may mean: an image, the ChainID of a layer, and the names that versions
 * remember, for when the tag is gone or names another image by now. The image comes first.
 * Throws BASE_NOT_FOUND when it means none, and what naming an image can throw.
 */
export function basesNamed(facts: BaseFacts, text: string): OverlayBase[] {
  const chainId = asChainID(/^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text);
  const layer = chainId === undefined ? undefined : baseOfLayer(facts, chainId);
  if (layer !== undefined) return [layer];
  const image = imageNamed(facts, text);
  const remembered = modifiedBases(facts).filter((base) => remembers(base, text, image));
  const found = distinct([...(image === undefined ? [] : [image]), ...remembered]);
  if (found.length > 0) return found;
  throw new RebaseError('BASE_NOT_FOUND', `no base on this host is or was called ${text}`, {
    hint: 'docker images and rebase-image overlay status list what is here; docker pull gets it',
  });
}

/** The base that is an image. */
export function baseOfImage(facts: BaseFacts, image: ImageRecord, name: string): OverlayBase {
  const chainId = chainIdsOf(image.diffIds).at(-1);
  if (chainId === undefined) {
    throw new RebaseError('USAGE', `${name} has no layers: it is no base`, {
      hint: 'name an image with a file system',
    });
  }
  return baseWith(facts, { name, imageId: image.id, chainId });
}

/**
 * The base whose top layer this is, named by an image of exactly these layers, else as a version
 * remembers it, else as `otherwise` says; undefined when the store has no such layer, or nothing
 * knows a name for it.
 */
export function baseOfLayer(
  facts: BaseFacts,
  chainId: ChainID,
  otherwise?: BaseIdentity,
): OverlayBase | undefined {
  const cacheId = facts.cacheIds.get(chainId);
  if (cacheId === undefined) return undefined;
  const remembered = facts.versions.get(cacheId)?.versions[0]?.base ?? otherwise;
  const images = [...facts.snapshot.images.values()].filter(
    ({ diffIds }) => chainIdsOf(diffIds).at(-1) === chainId,
  );
  const image = images.find(({ id }) => id === remembered?.imageId) ?? images[0];
  const name = image === undefined ? undefined : nameIn(facts, image, remembered);
  const identity =
    image === undefined || name === undefined ? remembered : { name, imageId: image.id, chainId };
  return identity === undefined ? undefined : baseWith(facts, identity);
}

/** Every base that has versions, sorted by name. */
export function modifiedBases(facts: BaseFacts): OverlayBase[] {
  const chains = new Map([...facts.cacheIds].map(([chainId, cacheId]) => [cacheId, chainId]));
  return [...facts.versions.keys()]
    .flatMap((cacheId) => {
      const chainId = chains.get(cacheId);
      const base = chainId === undefined ? undefined : baseOfLayer(facts, chainId);
      return base === undefined ? [] : [base];
    })
    .sort((a, b) => (a.identity.name < b.identity.name ? -1 : 1));
}

/** The one that is meant. Throws BASE_AMBIGUOUS, with what to write instead, for several. */
export function onlyBase(bases: readonly OverlayBase[], what: string): OverlayBase | undefined {
  if (bases.length < 2) return bases[0];
  const choices = bases.map(({ identity }) => `--base ${identity.name}`);
  const distinctly =
    new Set(choices).size === choices.length
      ? choices
      : bases.map(({ identity }) => `--base ${identity.chainId}`);
  throw new RebaseError('BASE_AMBIGUOUS', `${what} fits ${bases.length} bases of this host`, {
    hint: `say which: ${distinctly.join(' or ')}`,
  });
}

/** Its tag, or the one that it had when a version was built on it. */
function nameIn(
  { snapshot }: BaseFacts,
  { id }: ImageRecord,
  was: BaseIdentity | undefined,
): string {
  const isNamed = snapshot.tags.byImage.has(id) || was?.imageId !== id;
  return isNamed ? nameOfImage(snapshot, id) : was.name;
}

function imageNamed(facts: BaseFacts, text: string): OverlayBase | undefined {
  try {
    const { image, name } = findImage(facts.snapshot, text);
    return baseOfImage(facts, image, name);
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** By the name that the base had, or that of what it shows, where no image has it. */
function remembers({ versions }: OverlayBase, text: string, image?: OverlayBase): boolean {
  return versions.versions.some(
    ({ base, shows }) => base.name === text || (image === undefined && shows.name === text),
  );
}

function baseWith(facts: BaseFacts, identity: BaseIdentity): OverlayBase {
  const { chainId, name } = identity;
  const chainIds = stackOf(facts, chainId);
  const cacheId = facts.cacheIds.get(chainId);
  if (cacheId === undefined || chainIds === undefined) {
    throw new RebaseError(
      'STORE_DAMAGED',
      `layer ${shortId(chainId)} of ${name} is not in the store, or not all that is below it`,
      { hint: 'pull, load or build the image again; rebase-image doctor says more' },
    );
  }
  const untouched = { cacheId, active: ORIGINAL, ...NO_VERSIONS };
  return { identity, cacheId, chainIds, versions: facts.versions.get(cacheId) ?? untouched };
}

/** The layer and all below it, lowest first; undefined when one is missing. */
export function stackOf(
  { parents }: Pick<BaseFacts, 'parents'>,
  top: ChainID,
): ChainID[] | undefined {
  const stack: ChainID[] = [];
  for (let at: ChainID | undefined = top; at !== undefined; at = parents.get(at)) {
    // A chain of a damaged store may lead in a circle.
    if (!parents.has(at) || stack.includes(at)) return undefined;
    stack.unshift(at);
  }
  return stack;
}

function distinct(bases: readonly OverlayBase[]): OverlayBase[] {
  const first = new Map<string, OverlayBase>();
  for (const base of bases) if (!first.has(base.cacheId)) first.set(base.cacheId, base);
  return [...first.values()];
}
