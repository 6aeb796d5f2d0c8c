/**
 * Where dockerd keeps what, and with which mode. The only file that knows.
 * Source: store.md 1; moby daemon/internal/{layer/filestore.go,image/fs.go,refstore/store.go}
 * and daemon/graphdriver/overlay2/overlay.go.
 */
import path from 'node:path';
import { hexOf, type ChainID, type ImageID } from '../domain/digest.ts';

/** The graph driver whose stores can be rewritten. */
export const DRIVER = 'overlay2';

export const MODE = {
  layerdbEntry: 0o700,
  layerdbFile: 0o644,
  imageConfig: 0o600,
  repositories: 0o600,
  layerWork: 0o700,
  layerFile: 0o644,
  committed: 0o600,
} as const;

/** Paths below one store root (the data-root, or its `<uid>.<gid>` folder under userns-remap). */
export interface Layout {
  readonly root: string;
  readonly image: string;
  readonly layerdb: string;
  readonly layerdbTemp: string;
  readonly mounts: string;
  readonly imageContent: string;
  readonly imageMetadata: string;
  readonly repositories: string;
  readonly overlay: string;
  readonly links: string;
  readonly containers: string;
  /** The bolt database that dockerd locks while it runs. */
  readonly lockedByDockerd: string;
  readonly buildkitSnapshots: string;
  /** Where this program keeps its journal; dockerd ignores unknown folders of the root. */
  readonly journal: string;
}

export function layoutOf(root: string): Layout {
  const image = path.join(root, 'image', DRIVER);
  const overlay = path.join(root, DRIVER);
  return {
    root,
    image,
    layerdb: path.join(image, 'layerdb', 'sha256'),
    layerdbTemp: path.join(image, 'layerdb', 'tmp'),
    mounts: path.join(image, 'layerdb', 'mounts'),
    imageContent: path.join(image, 'imagedb', 'content', 'sha256'),
    imageMetadata: path.join(image, 'imagedb', 'metadata', 'sha256'),
    repositories: path.join(image, 'repositories.json'),
    overlay,
    links: path.join(overlay, 'l'),
    containers: path.join(root, 'containers'),
    lockedByDockerd: path.join(root, 'volumes', 'metadata.db'),
    buildkitSnapshots: path.join(root, 'buildkit', 'snapshots.db'),
    journal: path.join(root, 'rebase-image'),
  };
}

/** layerdb/sha256/<hex>. */
export function layerEntry(layout: Layout, chainId: ChainID): string {
  return path.join(layout.layerdb, hexOf(chainId));
}

/** imagedb/content/sha256/<hex>. */
export function imageFile(layout: Layout, imageId: ImageID): string {
  return path.join(layout.imageContent, hexOf(imageId));
}

/** overlay2/<cache-id>. */
export function layerDirectory(layout: Layout, cacheId: string): string {
  return path.join(layout.overlay, cacheId);
}

/** layerdb/sha256/<hex>/tar-split.json.gz. */
export function tarSplitFile(layout: Layout, chainId: ChainID): string {
  return path.join(layerEntry(layout, chainId), 'tar-split.json.gz');
}

/** overlay2/l/<LINK>. */
export function linkPath(layout: Layout, link: string): string {
  return path.join(layout.links, link);
}
