/**
 * Images that stand on a base, as a tree: each below the image that it was built on.
 */
import type { ImageID } from './digest.ts';
import type { ContainerRecord } from './snapshot.ts';

export interface Dependent {
  readonly imageId: ImageID;
  /** First tag, else a digest reference, else the short ID. */
  readonly name: string;
  readonly tags: readonly string[];
  /** All its layers, the base's included. */
  readonly layers: number;
  /** Layers above those of the image that it stands on in the tree. */
  readonly ownLayers: number;
  /** Bytes of its own layers; undefined where the store does not know the size of one. */
  readonly ownBytes: number | undefined;
  /** Containers made from it. */
  readonly containers: readonly ContainerRecord[];
  readonly children: readonly Dependent[];
}

/** What `rebase-image dependents BASE` says. */
export interface DependentsReport {
  readonly storeRoot: string;
  /** The base itself, with everything on it below it. */
  readonly base: Dependent;
  /** Images without any name that are left out. */
  readonly untaggedLeftOut: number;
}

/** Every image of the tree below its root, parents first. */
export function descendantsOf({ children }: Dependent): Dependent[] {
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}
