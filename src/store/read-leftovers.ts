import path from 'node:path';
import { asChainID, asImageID } from '../domain/digest.ts';
import type { Leftovers } from '../domain/inventory.ts';
import type { Layout } from './layout.ts';
import { namesIn, statOf } from './read-file.ts';
import { isLayerName } from './layer-name.ts';

/** What dockerd writes before it renames it into its place (store.md 1.3, 1.4, 1.6). */
const TEMPORARY = /^\.tmp-/;
const REMOVING = /^[0-9a-f]{64}-.+-removing$/;
/** Probes of the overlay2 driver that a crash may leave, and what xfs quotas need (store.md 1.8). */
const OF_THE_DRIVER =
  /^(l|backingFsBlockDev|check-overlayfs-support\d*|opaque-bug-check\d*|metacopy-check\d*|userxattr-check.*)$/;

/**
 * Reads what nobody refers to by name: temporaries, and names that dockerd passes over. Names that
 * are `ours` belong to an open transaction of this program.
 */
export function readLeftovers(layout: Layout, ours: (name: string) => boolean): Leftovers {
  const below = (folder: string): { name: string; path: string }[] =>
    namesIn(folder)
      .filter((name) => !ours(name))
      .map((name) => ({ name, path: path.relative(layout.root, path.join(folder, name)) }));
  const images = below(layout.imageContent).filter(
    ({ name }) => asImageID(`sha256:${name}`) === undefined,
  );
  const layers = below(layout.layerdb).filter(
    ({ name }) => asChainID(`sha256:${name}`) === undefined && !isRemoving(name),
  );
  const overlay = below(layout.overlay).filter(({ name }) => !OF_THE_DRIVER.test(name));
  const files = overlay.filter(
    ({ name }) =>
      !isLayerName(name) || statOf(path.join(layout.overlay, name))?.isDirectory() !== true,
  );
  return {
    temporary: [
      ...below(layout.layerdbTemp),
      ...below(layout.image).filter(({ name }) => TEMPORARY.test(name)),
      ...images.filter(({ name }) => TEMPORARY.test(name)),
    ].map((each) => each.path),
    stray: [...layers, ...images.filter(({ name }) => !TEMPORARY.test(name)), ...files].map(
      (each) => each.path,
    ),
  };
}

/** A half-removed layer; dockerd deletes it at its next shutdown (store.md 2.6). */
export function isRemoving(name: string): boolean {
  return REMOVING.test(name);
}
