/**
 * Which layers of an image are its old base: given by --from, or proved by another local image.
 */
import { chainIdsOf, shortId } from '../domain/digest.ts';
import { historyStartsWith, parseImageConfig } from '../domain/image-config.ts';
import type { OldBase } from '../domain/plan.ts';
import { parseReference } from '../domain/reference.ts';
import { tagsOf, type ImageRecord, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { candidatesFor, isPrefix, nameOf, type Candidate } from './candidates.ts';
import type { FoundImage } from './find-image.ts';
import { givenBase } from './given-base.ts';

export type Resolution =
  | { readonly kind: 'base'; readonly base: OldBase }
  | { readonly kind: 'nothing'; readonly reason: string };

export interface BaseQuestion {
  readonly image: FoundImage;
  readonly onto: FoundImage;
  readonly from: string | undefined;
}

/**
 * Decides what the new base replaces, or that there is nothing to do because the image is on the
 * new base already, so that the same command twice never stacks a base twice.
 * Throws SAME_IMAGE, BASE_NOT_FOUND, BASE_AMBIGUOUS, NOT_BUILT_ON_FROM and what naming an image
 * can throw.
 */
export function resolveOldBase(snapshot: Snapshot, question: BaseQuestion): Resolution {
  const { image, onto, from } = question;
  if (image.image.id === onto.image.id) throw sameImage(image.name, onto.name, '--onto');
  if (onto.image.diffIds.length === 0) throw noLayers(onto);
  const already = standsOn(onto, image) ? nothing(`already on ${onto.name}`) : undefined;
  if (from === undefined) {
    const base = provedBase(snapshot, image, onto);
    if (base !== undefined) return settled(snapshot, question, base);
    if (already !== undefined) return already;
    throw noBase(image);
  }
  const given = givenBase(snapshot, image, from);
  if (given.kind === 'same-image') throw sameImage(image.name, from, '--from');
  if (given.kind === 'not-there') {
    if (already !== undefined) return already;
    throw given.error;
  }
  if (given.kind === 'count' && already !== undefined) {
    // A number names no layers: after a rebase it would count into the app's own.
    return nothing(`already on ${onto.name}, whatever --from ${from} counts`);
  }
  return settled(snapshot, question, given.base);
}

/** The old base that other local images prove. Throws BASE_NOT_FOUND, BASE_AMBIGUOUS. */
export function detectedBase(snapshot: Snapshot, image: FoundImage): OldBase {
  const base = provedBase(snapshot, image, undefined);
  if (base === undefined) throw noBase(image);
  return base;
}

/** The new base, where there is one, decides between several; undefined when there is none. */
function provedBase(
  snapshot: Snapshot,
  image: FoundImage,
  onto: FoundImage | undefined,
): OldBase | undefined {
  const candidates = candidatesFor(snapshot, image.image);
  const named = candidates.filter(({ tags, digests }) => tags.length + digests.length > 0);
  // Images without a name are steps of a build more often than bases.
  const level = named.length > 0 ? named : candidates;
  const best = level[0];
  if (best === undefined) return undefined;
  if (level.every((candidate) => candidate.layers === best.layers)) {
    return asOldBase(best, level, rivalOf(best, candidates, snapshot));
  }
  const chosen = candidates.find(
    (candidate) => candidate.image.id === onto?.image.id || sharesRepository(candidate, onto),
  );
  if (chosen === undefined) throw severalBases(image, level);
  return asOldBase(chosen, level, rivalOf(chosen, candidates, snapshot));
}

function asOldBase(
  chosen: Candidate,
  among: readonly Candidate[],
  rival: Candidate | undefined,
): OldBase {
  const others = new Set(among.map(({ layers }) => layers)).size - 1;
  const layers = chosen.layers === 1 ? 'its layer is' : `its ${chosen.layers} layers are`;
  return {
    layers: chosen.layers,
    imageId: chosen.image.id,
    name: nameOf(chosen),
    evidence:
      `${layers} how the image begins` +
      (others > 0 ? `; chosen among ${others + 1} for its repository` : '') +
      (rival === undefined
        ? ''
        : `; should the untagged ${nameOf(rival)} (${rival.layers} layers) be meant: --from ${nameOf(rival)}`),
  };
}

/**
 * A nameless image with more layers than the chosen base on which other tagged images stand too:
 * not a step of one build, but perhaps the base itself, whose tag a rebuild has taken.
 */
function rivalOf(
  chosen: Candidate,
  candidates: readonly Candidate[],
  snapshot: Snapshot,
): Candidate | undefined {
  const images = [...snapshot.images.values()].filter(({ id }) => tagsOf(snapshot, id).length > 0);
  return candidates.find(
    (one) =>
      one.layers > chosen.layers &&
      one.tags.length + one.digests.length === 0 &&
      images.filter((image) => image.diffIds.length > one.layers && isPrefix(one.image, image))
        .length > 1,
  );
}

/** Nothing to do when the old base is the new one, or the image is on the longer new base already. */
function settled(snapshot: Snapshot, { image, onto }: BaseQuestion, base: OldBase): Resolution {
  const already = nothing(`already on ${onto.name}`);
  if (base.imageId === onto.image.id) return already;
  if (!standsOn(onto, image)) return { kind: 'base', base };
  const ontoLayers = onto.image.diffIds.length;
  if (ontoLayers > base.layers) return already;
  if (ontoLayers < base.layers) return { kind: 'base', base };
  // Same layers, other settings: only the history tells on which of the two the image stands.
  const old = base.imageId === undefined ? undefined : snapshot.images.get(base.imageId);
  if (old === undefined) return already;
  return historyTells(image.image, onto.image, old) ? already : { kind: 'base', base };
}

function nothing(reason: string): Resolution {
  return { kind: 'nothing', reason };
}

/** Whether the image begins with the new base's layers. */
function standsOn(onto: FoundImage, image: FoundImage): boolean {
  return isPrefix(onto.image, image.image);
}

/** Whether more of the image's history is the new base's than the old one's. */
function historyTells(image: ImageRecord, onto: ImageRecord, old: ImageRecord): boolean {
  const { history } = parseImageConfig(image.text);
  const matching = (base: ImageRecord): number => {
    const head = parseImageConfig(base.text).history;
    return historyStartsWith(history, head) ? head.length : -1;
  };
  return matching(onto) > matching(old);
}

function sharesRepository(candidate: Candidate, onto: FoundImage | undefined): boolean {
  const wanted = onto?.tag?.repository;
  return [...candidate.tags, ...candidate.digests].some((key) => repositoryOf(key) === wanted);
}

function repositoryOf(key: string): string {
  try {
    return parseReference(key).repository;
  } catch {
    return key;
  }
}

function sameImage(name: string, other: string, flag: string): RebaseError {
  return new RebaseError('SAME_IMAGE', `${name} and ${flag} ${other} are the same image`, {
    hint: 'it has no layers or settings of its own to move; docker tag gives an image another name',
  });
}

function noLayers({ name }: FoundImage): RebaseError {
  return new RebaseError('USAGE', `${name} has no layers: it is no base`, {
    hint: 'name an image with a file system as the new base',
  });
}

function noBase({ name }: FoundImage): RebaseError {
  return new RebaseError('BASE_NOT_FOUND', `no local image is the base that ${name} was built on`, {
    hint: `rebase-image base ${name} proposes what to give to --from`,
  });
}

/** How many bases a message names. */
const NAMED_BASES = 2;

function severalBases({ name, image }: FoundImage, candidates: readonly Candidate[]): RebaseError {
  const chains = chainIdsOf(image.diffIds);
  const perLength = [...new Map(candidates.map((one) => [one.layers, one] as const)).values()];
  const shown = perLength.slice(0, NAMED_BASES);
  const more = perLength.length - shown.length;
  const fromOf = (one: Candidate): string =>
    `--from ${one.tags[0] ?? chains[one.layers - 1] ?? shortId(one.image.id)}`;
  return new RebaseError(
    'BASE_AMBIGUOUS',
    `${name} is built on ${shown.map(nameOf).join(', on ')}${more > 0 ? ` and ${more} more` : ''}; which one shall go?`,
    {
      hint:
        `say it: ${shown.map(fromOf).join(' or ')}` +
        (more > 0 ? `; rebase-image base ${name} lists all` : ''),
    },
  );
}
