/** The empty data-root that dockerd 20.10 leaves on its first start, and the paths in it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StorePaths {
  readonly root: string;
  readonly image: string;
  readonly layers: string;
  readonly mounts: string;
  readonly content: string;
  readonly metadata: string;
  readonly distribution: string;
  readonly overlay: string;
  readonly containers: string;
}

/** The paths of a store below `root`. */
export function storePaths(root: string): StorePaths {
  const image = join(root, 'image/overlay2');
  return {
    root,
    image,
    layers: join(image, 'layerdb/sha256'),
    mounts: join(image, 'layerdb/mounts'),
    content: join(image, 'imagedb/content/sha256'),
    metadata: join(image, 'imagedb/metadata/sha256'),
    distribution: join(image, 'distribution'),
    overlay: join(root, 'overlay2'),
    containers: join(root, 'containers'),
  };
}

/** Creates the directories; `root` itself may exist but must be empty. */
export function createDataRoot(root: string): StorePaths {
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o710);
  for (const [path, mode] of DIRECTORIES) mkdirSync(join(root, path), { mode });
  // bolt takes an empty file for a new database; tests lock it as dockerd does.
  writeFileSync(join(root, 'volumes/metadata.db'), '', { mode: 0o600 });
  return storePaths(root);
}

const DIRECTORIES: readonly (readonly [string, number])[] = [
  ['buildkit', 0o711],
  ['containers', 0o710],
  ['image', 0o700],
  ['image/overlay2', 0o700],
  ['image/overlay2/distribution', 0o700],
  ['image/overlay2/distribution/diffid-by-digest', 0o755],
  ['image/overlay2/distribution/diffid-by-digest/sha256', 0o755],
  ['image/overlay2/distribution/v2metadata-by-diffid', 0o755],
  ['image/overlay2/distribution/v2metadata-by-diffid/sha256', 0o755],
  ['image/overlay2/imagedb', 0o700],
  ['image/overlay2/imagedb/content', 0o700],
  ['image/overlay2/imagedb/content/sha256', 0o700],
  ['image/overlay2/imagedb/metadata', 0o700],
  ['image/overlay2/imagedb/metadata/sha256', 0o700],
  ['image/overlay2/layerdb', 0o700],
  ['image/overlay2/layerdb/mounts', 0o755],
  ['image/overlay2/layerdb/sha256', 0o755],
  ['image/overlay2/layerdb/tmp', 0o755],
  ['network', 0o750],
  ['network/files', 0o750],
  ['overlay2', 0o710],
  ['overlay2/l', 0o700],
  ['plugins', 0o700],
  ['runtimes', 0o700],
  ['swarm', 0o700],
  ['tmp', 0o700],
  ['trust', 0o700],
  ['volumes', 0o701],
];
