/**
 * Binds a plan to a store: which chains are new, which are there already, and the names that the
 * new layers get.
 */
import { chainIdOn, sha256Bytes, sha256Hex, shortId, type ChainID } from '../domain/digest.ts';
import type { BoundPlan, ChainStack, NewLayer } from '../domain/bound-plan.ts';
import { isLinkName, lowerOn } from '../domain/overlay-layer.ts';
import { rebasesOf, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { LayerRecord, Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';

/** Names that a new layer must not take. */
export interface TakenNames {
  readonly cacheIds: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
}

/** Every chain that binding looks at: layers of the images before and after. */
export function chainsOf(plan: Plan): ChainID[] {
  return rebasesOf(plan).flatMap(({ before, after }) => [...before.chainIds, ...after.chainIds]);
}

/**
 * Binds the plan to a snapshot in which `chainsOf(plan)` are read and sound where they exist.
 * The same store always gives the same names.
 * Throws STORE_DAMAGED when the source of a layer is not there.
 */
export function bindPlan(plan: Plan, snapshot: Snapshot, taken: TakenNames): BoundPlan {
  const rebases = rebasesOf(plan);
  const binding: Binding = { snapshot, taken, added: new Map(), reused: new Set() };
  const tops = rebases.map((rebase) => bindStack(rebase, binding));
  const layers = [...binding.added.values()];
  const images = new Map(
    rebases
      .filter(({ after }) => !snapshot.images.has(after.imageId))
      .map(({ after: { imageId, configText } }) => [imageId, { imageId, configText }] as const),
  );
  return {
    layers,
    reused: [...binding.reused],
    committed: firstChildren(layers, binding),
    images: [...images.values()],
    tags: [...new Map(rebases.flatMap(({ tags }) => tags).map((tag) => [tag.key, tag])).values()],
    tops: [...new Map(tops.map((top) => [top.chainId, top])).values()],
    switches: [],
  };
}

interface Binding {
  readonly snapshot: Snapshot;
  readonly taken: TakenNames;
  readonly added: Map<ChainID, NewLayer>;
  readonly reused: Set<ChainID>;
}

function bindStack(rebase: PlannedRebase, binding: Binding): ChainStack {
  const { before, after, oldBase, newBase } = rebase;
  let parent: ChainID | undefined = after.chainIds[newBase.layers - 1];
  for (const [index, diffId] of before.diffIds.slice(oldBase.layers).entries()) {
    const chainId = chainIdOn(parent, diffId);
    if (binding.snapshot.layers.has(chainId)) binding.reused.add(chainId);
    else if (!binding.added.has(chainId)) {
      const source = before.chainIds[oldBase.layers + index];
      binding.added.set(chainId, newLayer({ chainId, diffId, parent, source }, binding));
    }
    parent = chainId;
  }
  if (parent === undefined) throw new RebaseError('USAGE', 'the result would have no layers');
  return {
    chainId: parent,
    diffIds: after.diffIds,
    lowerdir: lowerOn(namesOf(parent, binding)) ?? '',
  };
}

interface LayerPlace {
  readonly chainId: ChainID;
  readonly diffId: NewLayer['diffId'];
  readonly parent: ChainID | undefined;
  readonly source: ChainID | undefined;
}

function newLayer({ chainId, diffId, parent, source }: LayerPlace, binding: Binding): NewLayer {
  const record = source === undefined ? undefined : binding.snapshot.layers.get(source);
  if (record?.cacheId === undefined) {
    throw new RebaseError('STORE_DAMAGED', `layer ${shortId(source ?? chainId)} is not there`, {
      hint: 'pull, load or build the image again',
    });
  }
  return {
    chainId,
    diffId,
    parent,
    ...freeNames(chainId, binding),
    lower: lowerOn(parent === undefined ? undefined : namesOf(parent, binding)),
    source: { chainId: record.chainId, cacheId: record.cacheId },
  };
}

function namesOf(
  chainId: ChainID,
  { added, snapshot }: Binding,
): { link: string; lower: string | undefined } {
  const planned = added.get(chainId);
  if (planned !== undefined) return planned;
  const directory = snapshot.layers.get(chainId)?.directory;
  if (!isLinkName(directory?.link)) {
    throw new RebaseError('STORE_DAMAGED', `layer ${shortId(chainId)} has no link`);
  }
  return { link: directory.link, lower: directory.lower };
}

/**
 * The names of a new layer, derived from its ChainID and the smallest counter for which neither
 * is taken: the same on every host with the same history, and never one that dockerd is about to
 * delete.
 */
function freeNames(chainId: ChainID, { taken }: Binding): { cacheId: string; link: string } {
  for (let counter = 0; ; counter += 1) {
    const cacheId = sha256Hex(`rebase-image cache-id ${chainId} ${counter}`);
    const link = linkName(sha256Bytes(`rebase-image link ${chainId} ${counter}`));
    if (!taken.cacheIds.has(cacheId) && !taken.links.has(link)) return { cacheId, link };
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LINK_LENGTH = 26;

/** The first 26 characters of the bytes in base32 (RFC 4648), five bits each. */
function linkName(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let name = '';
  for (let at = 0; at < LINK_LENGTH * 5; at += 5) {
    name += BASE32.charAt(Number.parseInt(bits.slice(at, at + 5), 2));
  }
  return name;
}

/** Existing layers under a new one that dockerd has not marked as having a child. */
function firstChildren(layers: readonly NewLayer[], { snapshot }: Binding): string[] {
  const parents = layers.map(({ parent }) =>
    parent === undefined ? undefined : snapshot.layers.get(parent),
  );
  const unmarked = parents.filter((record): record is LayerRecord => {
    return record?.directory?.committed === false;
  });
  return [...new Set(unmarked.map((record) => record.cacheId ?? ''))];
}
