/**
 * Everything that a store holds, however damaged: the facts that an examination judges. Texts are
 * the files' exact contents; `undefined` means that there is no such file, or that it is none that
 * dockerd could have written (a folder, a FIFO, a symlink).
 */
import type { ChainID, ImageID } from './digest.ts';
import type { ImageConfig } from './image-config.ts';
import type { LayerDirectory, LayerRecord } from './snapshot.ts';

export interface Inventory {
  /** What stands under a digest's name in layerdb/sha256; `undefined` for what is no folder. */
  readonly layers: ReadonlyMap<ChainID, LayerRecord | undefined>;
  /** Layers that dockerd is about to delete: `<hex>-<random>-removing`. */
  readonly removing: readonly RemovingEntry[];
  /** Every folder of overlay2 except `l`. */
  readonly directories: ReadonlyMap<string, DirectoryFacts>;
  /** Every name in overlay2/l with its target; `undefined` for what is no symlink. */
  readonly links: ReadonlyMap<string, string | undefined>;
  readonly mounts: readonly MountRecord[];
  readonly images: ReadonlyMap<ImageID, ImageFacts>;
  readonly repositories: RepositoriesFacts;
  readonly containers: readonly ContainerFacts[];
  readonly buildkit: BuildkitFacts;
  readonly leftovers: Leftovers;
  readonly host: HostFacts;
}

export interface RemovingEntry {
  readonly name: string;
  readonly cacheId: string | undefined;
}

/** Who says of an overlay2 directory that it is his. */
export interface DirectoryOwner {
  readonly kind: 'layer' | 'removing' | 'container';
  /** A ChainID, the name of an entry that waits to be removed, or the name of a mount. */
  readonly id: string;
}

export interface DirectoryFacts extends LayerDirectory {
  readonly hasWork: boolean;
}

/** One folder of layerdb/mounts: the writable layer of a container, or one of a build. */
export interface MountRecord {
  readonly name: string;
  readonly mountId: string | undefined;
  readonly initId: string | undefined;
  readonly parent: string | undefined;
}

export interface ImageFacts {
  readonly id: ImageID;
  /** Whether the sha256 of the config's bytes is the ImageID. */
  readonly digestFits: boolean;
  readonly config: ImageConfig | undefined;
  /** Of the config's layers, bottom first. */
  readonly chainIds: readonly ChainID[];
  /** Why the config cannot be read. */
  readonly problem: string | undefined;
  /** imagedb's metadata files, as they stand. */
  readonly parent: string | undefined;
  readonly lastUpdated: string | undefined;
}

export interface RepositoriesFacts {
  /** `absent`: no file. `empty`: a file that dockerd starts with and that names nothing. */
  readonly state: 'read' | 'absent' | 'empty' | 'broken';
  /** Why it cannot be read. */
  readonly problem: string | undefined;
  readonly entries: readonly {
    readonly repository: string;
    readonly key: string;
    /** An ImageID, if it is sound. */
    readonly value: string;
  }[];
}

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  /** Empty when its config cannot be read. */
  readonly imageId: string;
  readonly driver: string;
  /** Whether its config says Running or Paused. */
  readonly running: boolean;
  /** Why dockerd cannot load its config. */
  readonly problem: string | undefined;
}

export interface BuildkitFacts {
  /** Why its database cannot be read. */
  readonly problem: string | undefined;
  /** overlay2 directories that BuildKit owns. */
  readonly directories: ReadonlySet<string>;
  /** Layers that BuildKit holds. */
  readonly chainIds: ReadonlySet<ChainID>;
}

export interface Leftovers {
  /** Paths below the store's root that nobody uses and dockerd never cleans. */
  readonly temporary: readonly string[];
  /** Paths below the store's root where dockerd passes over what has such a name. */
  readonly stray: readonly string[];
}

export interface HostFacts {
  readonly dockerdRuns: boolean;
  /** Containers that live on while dockerd does not run, by ID. */
  readonly alive: ReadonlySet<string>;
  /** Folders of other storage drivers that keep dockerd from choosing overlay2. */
  readonly otherDrivers: readonly string[];
  /** Directories, links and layers of an open transaction of this program. */
  readonly ours: ReadonlySet<string>;
}

/** The layers that are folders at all. */
export function layersOf({ layers }: Pick<Inventory, 'layers'>): LayerRecord[] {
  return [...layers.values()].filter((layer) => layer !== undefined);
}
