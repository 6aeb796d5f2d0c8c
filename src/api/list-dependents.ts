import type { Dependent, DependentsReport } from '../domain/dependents.ts';
import { chainIdsOf, type ChainID, type DiffID } from '../domain/digest.ts';
import {
  nameOfImage,
  tagsOf,
  type ContainerRecord,
  type LayerRecord,
  type Snapshot,
} from '../domain/snapshot.ts';
import { familyOf, membersOf, type Member } from '../resolve/family.ts';
import { findImage } from '../resolve/find-image.ts';
import { readLayers, readSnapshot } from '../store/read-snapshot.ts';
import type { OpenStore } from './open-store.ts';

export interface DependentsRequest {
  readonly base: string;
  /** Also images without a name or a container: what a pull has left, steps of builds. */
  readonly untagged: boolean;
}

/** What the tree is filled in from. */
interface Facts {
  readonly snapshot: Snapshot;
  readonly layers: ReadonlyMap<ChainID, LayerRecord>;
  readonly containers: ReadonlyMap<string, readonly ContainerRecord[]>;
}

/**
 * Every local image that stands on the base, as a tree, with the sizes of their own layers and the
 * containers made from them. Reads only. Throws what naming an image can throw.
 */
export function listDependents(
  { layout }: OpenStore,
  { base, untagged }: DependentsRequest,
): DependentsReport {
  const snapshot = readSnapshot(layout);
  const found = findImage(snapshot, base);
  const containers = byImage(snapshot.containers);
  const whole = familyOf(snapshot, found.image);
  const family = untagged
    ? whole
    : familyOf(
        snapshot,
        found.image,
        ({ id }) => snapshot.tags.byImage.has(id) || containers.has(id),
      );
  const layers = readLayers(layout, new Set(membersOf(family).flatMap(chainsOf)));
  return {
    storeRoot: layout.root,
    base: { ...dependentOf(family, 0, { snapshot, layers, containers }), name: found.name },
    untaggedLeftOut: membersOf(whole).length - membersOf(family).length,
  };
}

function byImage(containers: readonly ContainerRecord[]): Map<string, ContainerRecord[]> {
  const groups = new Map<string, ContainerRecord[]>();
  for (const container of containers) {
    const group = groups.get(container.imageId);
    if (group === undefined) groups.set(container.imageId, [container]);
    else group.push(container);
  }
  return groups;
}

function chainsOf({ image }: Member): readonly ChainID[] {
  return chainIdsOf(image.diffIds);
}

function dependentOf(member: Member, below: number, facts: Facts): Dependent {
  const { image, children } = member;
  const layers = image.diffIds.length;
  return {
    imageId: image.id,
    name: nameOfImage(facts.snapshot, image.id),
    tags: tagsOf(facts.snapshot, image.id),
    layers,
    ownLayers: layers - below,
    ownBytes: bytesOf(image.diffIds, below, facts),
    containers: facts.containers.get(image.id) ?? [],
    children: children.map((child) => dependentOf(child, layers, facts)).sort(namedFirst),
  };
}

function namedFirst(a: Dependent, b: Dependent): number {
  return Number(b.tags.length > 0) - Number(a.tags.length > 0) || (a.name < b.name ? -1 : 1);
}

/** Bytes of the layers above the lowest `below`; undefined when one is not known. */
function bytesOf(diffIds: readonly DiffID[], below: number, { layers }: Facts): number | undefined {
  const sizes = chainIdsOf(diffIds)
    .slice(below)
    .map((chainId) => layers.get(chainId)?.size);
  if (!sizes.every((size) => size !== undefined && /^[0-9]+$/.test(size))) return undefined;
  return sizes.reduce((sum, size) => sum + Number(size), 0);
}
