import { asChainID, asDiffID, chainIdsOf, type DiffID } from '../domain/digest.ts';
import type { OldBase } from '../domain/plan.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { isPrefix } from './candidates.ts';
import { findImage, type FoundImage } from './find-image.ts';

/** What --from says about an image. */
export type GivenBase =
  | { readonly kind: 'base' | 'count'; readonly base: OldBase }
  | { readonly kind: 'same-image' }
  /** It names no layers that the image begins with. */
  | { readonly kind: 'not-there'; readonly error: RebaseError };

/** Numbers are layer counts; an ID of digits only is longer than any stack of layers is high. */
const LAYER_COUNT = /^[0-9]{1,3}$/;

/**
 * Reads --from: `scratch`, a number of layers, the DiffID or ChainID of the base's top layer
 * (`sha256:<64 hex>`), or a local image. Throws USAGE for the count 0, NOT_BUILT_ON_FROM
 * for a DiffID that occurs twice, and what naming an image can throw.
 */
export function givenBase(snapshot: Snapshot, image: FoundImage, from: string): GivenBase {
  if (from === 'scratch') return { kind: 'base', base: scratch() };
  if (LAYER_COUNT.test(from)) return givenCount(snapshot, image, Number(from));
  const position = givenTopLayer(image, from);
  if (position !== undefined) {
    return { kind: 'base', base: lowest(snapshot, image.image, position, `--from ${from}`) };
  }
  return givenImage(snapshot, image, from);
}

function scratch(): OldBase {
  return { layers: 0, imageId: undefined, name: 'scratch', evidence: '--from scratch' };
}

function givenCount(snapshot: Snapshot, { image, name }: FoundImage, count: number): GivenBase {
  if (count >= 1 && count <= image.diffIds.length) {
    return { kind: 'count', base: lowest(snapshot, image, count, `--from ${count}`) };
  }
  const error = new RebaseError(
    'USAGE',
    `--from ${count}: ${name} has ${layers(image.diffIds.length)}`,
    { hint: count === 0 ? 'for no base at all: --from scratch' : `rebase-image base ${name}` },
  );
  // A rebase onto fewer layers may have brought the stack below the number.
  if (count > 0) return { kind: 'not-there', error };
  throw error;
}

/** How many layers lie at and below the top layer that is named by DiffID or ChainID. */
function givenTopLayer({ image, name }: FoundImage, from: string): number | undefined {
  const digest = /^[0-9a-f]{64}$/.test(from) ? `sha256:${from}` : from;
  const chainId = asChainID(digest);
  if (chainId === undefined) return undefined;
  const byChain = chainIdsOf(image.diffIds).lastIndexOf(chainId);
  if (byChain > 0) return byChain + 1;
  // The lowest layer's ChainID is its DiffID, which a layer above it may have as well.
  const diffId = asDiffID(digest);
  const first = diffId === undefined ? -1 : image.diffIds.indexOf(diffId);
  if (first < 0 || diffId === undefined) return undefined;
  if (image.diffIds.lastIndexOf(diffId) !== first) throw twice(image, name, diffId);
  return first + 1;
}

function givenImage(snapshot: Snapshot, image: FoundImage, from: string): GivenBase {
  let base: FoundImage;
  try {
    base = findImage(snapshot, from);
  } catch (error) {
    if (!(error instanceof RebaseError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    return { kind: 'not-there', error };
  }
  if (base.image.id === image.image.id) return { kind: 'same-image' };
  if (!isPrefix(base.image, image.image)) {
    return { kind: 'not-there', error: notBuiltOn(image, base) };
  }
  return {
    kind: 'base',
    base: {
      layers: base.image.diffIds.length,
      imageId: base.image.id,
      name: base.name,
      evidence: `--from ${from}`,
    },
  };
}

/** The lowest layers as a base, with the local image that is exactly them, if there is one. */
function lowest(snapshot: Snapshot, image: ImageRecord, count: number, evidence: string): OldBase {
  const diffIds = image.diffIds.slice(0, count);
  const known = [...snapshot.images.values()].filter(
    (other) =>
      other.id !== image.id && other.diffIds.length === count && isPrefix(other, { diffIds }),
  );
  const named = known.find((other) => tagsOf(snapshot, other.id).length > 0) ?? known[0];
  const tag = named === undefined ? undefined : tagsOf(snapshot, named.id)[0];
  return {
    layers: count,
    imageId: named?.id,
    name: tag ?? `its lowest ${layers(count)}`,
    evidence,
  };
}

function notBuiltOn({ image, name }: FoundImage, base: FoundImage): RebaseError {
  const index = base.image.diffIds.findIndex((diffId, at) => image.diffIds[at] !== diffId);
  const theirs = base.image.diffIds[index];
  const ours = image.diffIds[index];
  return new RebaseError(
    'NOT_BUILT_ON_FROM',
    `${name} is not built on ${base.name}: layer ${index + 1} is ` +
      `${short(ours)}, in ${base.name} it is ${short(theirs)}`,
    { hint: `rebase-image base ${name} shows what it is built on` },
  );
}

function twice(image: ImageRecord, name: string, diffId: DiffID): RebaseError {
  const chains = chainIdsOf(image.diffIds);
  const found = chains
    .map((chainId, index) => (index === 0 ? '1' : chainId))
    .filter((_from, index) => image.diffIds[index] === diffId);
  return new RebaseError('NOT_BUILT_ON_FROM', `${name} has the layer ${short(diffId)} twice`, {
    hint: `say which: --from ${found.join(' or --from ')}`,
  });
}

function short(diffId: DiffID | undefined): string {
  return diffId === undefined ? 'none' : diffId.slice(7, 19);
}

function layers(count: number): string {
  return count === 1 ? '1 layer' : `${count} layers`;
}
