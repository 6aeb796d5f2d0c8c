/**
 * Whether a bundle fits a base of this host, and on which of the base's folders it belongs.
 */
import { textOfBytes } from '../../domain/byte-string.ts';
import { shortId } from '../../domain/digest.ts';
import { platformName, platformsAgree, type Platform } from '../../domain/image-config.ts';
import { nodeAt, type MergedTree } from '../../domain/merged-tree.ts';
import type { BundleEntry, BundleManifest } from '../../domain/overlay/bundle.ts';
import {
  folderOfVersion,
  ORIGINAL,
  type BaseIdentity,
  type LayerVersions,
} from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';

/** What a bundle is put on: a base of this host. */
export interface MatchedBase {
  readonly base: BaseIdentity;
  /** As the base's config says. */
  readonly platform: Platform;
  /** Of the directory of its top layer. */
  readonly versions: LayerVersions;
  /** Who is root inside this host's containers. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/**
 * `nothing`: the base shows the bundle's new base already. `built`: this folder of it does, and needs
 * only the switch. `build`: the bundle was made for the base as it is with this folder.
 */
export type BundleMatch = { readonly folder: string } & {
  readonly kind: 'nothing' | 'built' | 'build';
};

/**
 * What has to be done to put the bundle on the base. Throws BAD_BUNDLE for one made for another base
 * or platform, STORE_UNSUPPORTED where owners are mapped in another way.
 */
export function matchBundle(manifest: BundleManifest, matched: MatchedBase): BundleMatch {
  refuseOtherPlatform(manifest, matched);
  refuseOtherRoot(manifest, matched);
  const done = folderShowingNew(manifest, matched);
  if (done !== undefined) {
    return { kind: matched.versions.active === done ? 'nothing' : 'built', folder: done };
  }
  const reference = referenceFor(manifest, matched);
  if (reference === undefined) throw forAnother(manifest, matched);
  return { kind: 'build', folder: reference };
}

/**
 * Refuses a base whose files are not those that the bundle counts on: what it does not carry must be
 * on `reference`, the base's tree with the folder that `matchBundle` gives. Seeds of such differences
 * are files copied into a base's folder by hand. Throws STORE_CHANGED, naming some.
 */
export function refuseChangedBase(
  manifest: BundleManifest,
  base: BaseIdentity,
  reference: MergedTree,
): void {
  const changed = manifest.entries.filter((entry) => !entry.carried && !isThere(entry, reference));
  const [first] = changed;
  if (first === undefined) return;
  throw new RebaseError(
    'STORE_CHANGED',
    `${changed.length} ${changed.length === 1 ? 'path' : 'paths'} of ${base.name} on this host are ` +
      `not as in ${manifest.old.name}, for which the bundle was made: ${named(changed)}`,
    {
      hint: 'its layer was changed in place; pull the base again, or pack on a host like this one',
    },
  );
}

/**
 * The folder with which the base's stack is the one that the bundle was made for; dockerd's own comes
 * first. What an earlier `--union` has left in place, only another `--union` leaves there.
 */
function referenceFor(
  manifest: BundleManifest,
  { base, versions }: MatchedBase,
): string | undefined {
  const wanted = manifest.old.chainId;
  if (base.chainId === wanted) return ORIGINAL;
  const showing = versions.versions.filter(({ shows }) => shows.chainId === wanted);
  const exact = showing.find(({ union }) => !union);
  const version = exact ?? (manifest.union ? showing[0] : undefined);
  return version === undefined ? undefined : folderOfVersion(version.version);
}

/** The folder with which the base is the bundle's new base already. */
function folderShowingNew(
  manifest: BundleManifest,
  { base, versions }: MatchedBase,
): string | undefined {
  if (base.chainId === manifest.new.chainId) return ORIGINAL;
  const version = versions.versions.find(
    ({ shows, union }) => shows.chainId === manifest.new.chainId && union === manifest.union,
  );
  return version === undefined ? undefined : folderOfVersion(version.version);
}

function forAnother(manifest: BundleManifest, { base, versions }: MatchedBase): RebaseError {
  const shown = versions.versions.map(({ shows }) => shows.name);
  const also = shown.length === 0 ? '' : `, and its versions show ${shown.join(', ')}`;
  return new RebaseError(
    'BAD_BUNDLE',
    `the bundle is for ${nameOf(manifest.old)}; here ${nameOf(base)} is another base${also}`,
    { hint: 'name the base that it is for with --base, or pack one for this base' },
  );
}

function nameOf({ name, imageId }: BaseIdentity): string {
  return `${name} (${shortId(imageId)})`;
}

function refuseOtherPlatform(manifest: BundleManifest, { base, platform }: MatchedBase): void {
  const { os, architecture, variant = '' } = manifest;
  const bundled: Platform = { os, architecture, variant };
  if (platformsAgree(bundled, platform)) return;
  throw new RebaseError(
    'BAD_BUNDLE',
    `the bundle is for ${platformName(bundled)}, ${base.name} is for ${platformName(platform)}`,
    { hint: 'pack one from the bases of this platform' },
  );
}

function refuseOtherRoot(manifest: BundleManifest, { root }: MatchedBase): void {
  if (manifest.root.uid === root.uid && manifest.root.gid === root.gid) return;
  const ids = ({ uid, gid }: MatchedBase['root']): string => `${uid}:${gid}`;
  throw new RebaseError(
    'STORE_UNSUPPORTED',
    `the bundle's files belong to root as ${ids(manifest.root)}, this host's to ${ids(root)}`,
    { hint: 'pack it on a host with the same userns-remap' },
  );
}

function isThere(wanted: BundleEntry, tree: MergedTree): boolean {
  const there = nodeAt(tree, wanted.path)?.entry;
  const facts = ['type', 'mode', 'uid', 'gid', 'size', 'target', 'device'] as const;
  return there !== undefined && facts.every((fact) => there[fact] === wanted[fact]);
}

/** Paths that an error names. */
const NAMED = 3;

function named(entries: readonly BundleEntry[]): string {
  const paths = entries.slice(0, NAMED).map(({ path }) => `/${textOfBytes(path)}`);
  return entries.length > NAMED ? `${paths.join(', ')}, ...` : paths.join(', ');
}
