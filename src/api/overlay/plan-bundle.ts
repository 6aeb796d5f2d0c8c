import { shortId } from '../../domain/digest.ts';
import { layerOn } from '../../domain/merged-tree.ts';
import type { BundleManifest } from '../../domain/overlay/bundle.ts';
import { ORIGINAL } from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import {
  matchBundle,
  refuseChangedBase,
  type BundleMatch,
} from '../../plan/overlay/match-bundle.ts';
import {
  baseOfLayer,
  basesNamed,
  modifiedBases,
  onlyBase,
  type OverlayBase,
} from '../../resolve/overlay-bases.ts';
import { remappedRoot } from '../../store/layer-owner.ts';
import { openBaseTrees, type BaseTrees } from '../../store/overlay/base-trees.ts';
import { openBundle, type OpenBundle } from '../../store/overlay/open-bundle.ts';
import type { OpenStore } from '../open-store.ts';
import { readOverlayHost, type OverlayHost } from './overlay-host.ts';
import { overlayPlan, platformOf, type OverlayPlan, type OverlayRequest } from './overlay-plan.ts';
import { planSwitch, type PlannedSwitch } from './plan-switch.ts';

export interface BundleRequest extends OverlayRequest {
  /** What `overlay pack` wrote. */
  readonly file: string;
  /** The base that it is put on; undefined: the one on this host that it is for. */
  readonly base: string | undefined;
}

/**
 * Verifies a bundle, and plans what it makes of a base of this host. Reads only. The bundle stays
 * open until the plan is closed. Throws USAGE and BAD_BUNDLE for a file that is none, or one for
 * another base or platform, BASE_NOT_FOUND, BASE_AMBIGUOUS, STORE_CHANGED where the base's files
 * are not those that the bundle counts on.
 */
export async function planBundle(store: OpenStore, request: BundleRequest): Promise<OverlayPlan> {
  const { file, signal, progress } = request;
  const bundle = await openBundle(file, { signal, progress });
  try {
    return { ...planOpen(store, request, bundle), close: bundle.close };
  } catch (error) {
    bundle.close();
    throw error;
  }
}

function planOpen(store: OpenStore, request: BundleRequest, bundle: OpenBundle): OverlayPlan {
  const host = readOverlayHost(store);
  const { base, match } = baseFor(host, bundle, request.base);
  if (match.kind === 'nothing') {
    const reason = `shows ${bundle.manifest.new.name} already`;
    const unchanged = [{ base: base.identity.name, reason }];
    return overlayPlan(host, request, { planned: [], unchanged, bundle: bundle.file });
  }
  request.progress('read the files of the base');
  const planned = planMatched(host, openBaseTrees(store.layout), { base, match, bundle });
  const warnings =
    base.identity.name === bundle.manifest.old.name
      ? []
      : [`the bundle was made for ${bundle.manifest.old.name}, which this base is or shows`];
  return overlayPlan(host, request, { planned: [planned], warnings, bundle: bundle.file });
}

interface Matched {
  readonly base: OverlayBase;
  readonly match: BundleMatch;
  readonly bundle: OpenBundle;
}

function planMatched(
  host: OverlayHost,
  trees: BaseTrees,
  { base, match, bundle }: Matched,
): PlannedSwitch {
  const { manifest, index } = bundle;
  const { name, imageId, chainId, diffIds } = manifest.new;
  const shows = { name, imageId, chainId };
  const wish = { base, shows, union: manifest.union, version: manifest.version };
  if (match.kind === 'built') {
    const target = trees.stack(base.chainIds, { top: match.folder });
    return planSwitch(host, trees, { ...wish, folder: match.folder, target });
  }
  // A bundle is for a base as it was pulled, also where a layer below shows another one; a version
  // was built on what that shows.
  const original = match.folder === ORIGINAL;
  const reference = trees.stack(base.chainIds, { top: match.folder, original });
  refuseChangedBase(manifest, base.identity, reference);
  const diffId = diffIds.at(-1);
  if (diffId === undefined) throw new RangeError('a bundle is of a base with layers');
  const carried = { chainId, diffId, index };
  const target = layerOn(reference, carried);
  return planSwitch(host, trees, { ...wish, folder: undefined, target, bundle });
}

/** The base that the bundle fits; with --base, of those that the name may mean. */
function baseFor(
  host: OverlayHost,
  { manifest, file }: OpenBundle,
  name: string | undefined,
): { base: OverlayBase; match: BundleMatch } {
  const candidates = name === undefined ? basesFor(host, manifest) : basesNamed(host, name);
  if (candidates.length === 0) throw noBase(manifest, file);
  const matches = candidates.map((base) => matchOrError(host, manifest, base));
  const fitting = matches.filter((one) => 'match' in one);
  const pending = fitting.filter(({ match }) => match.kind !== 'nothing');
  const chosen = onlyBase(
    (pending.length > 0 ? pending : fitting).map(({ base }) => base),
    `the bundle for ${manifest.old.name}`,
  );
  const found = fitting.find(({ base }) => base === chosen);
  if (found !== undefined) return found;
  throw matches.find((one) => 'error' in one)?.error ?? noBase(manifest, file);
}

/** Bases that are, or show, the base that the bundle was made for. */
function basesFor(host: OverlayHost, { old }: BundleManifest): OverlayBase[] {
  const own = host.cacheIds.has(old.chainId) ? baseOfLayer(host, old.chainId, old) : undefined;
  const showing = modifiedBases(host).filter(
    ({ identity, versions }) =>
      identity.chainId !== old.chainId &&
      versions.versions.some(({ shows }) => shows.chainId === old.chainId),
  );
  return [...(own === undefined ? [] : [own]), ...showing];
}

function matchOrError(
  host: OverlayHost,
  manifest: BundleManifest,
  base: OverlayBase,
): { base: OverlayBase; match: BundleMatch } | { base: OverlayBase; error: RebaseError } {
  const { os, architecture, variant = '' } = manifest;
  const platform = platformOf(host, base) ?? { os, architecture, variant };
  const root = remappedRoot(host.store.layout);
  const { identity, versions } = base;
  try {
    return { base, match: matchBundle(manifest, { base: identity, platform, versions, root }) };
  } catch (error) {
    if (error instanceof RebaseError) return { base, error };
    throw error;
  }
}

function noBase({ old, new: newBase }: BundleManifest, file: string): RebaseError {
  return new RebaseError(
    'BASE_NOT_FOUND',
    `no base on this host is ${old.name} (${shortId(old.imageId)}), which ${file} brings to ${newBase.name}`,
    { hint: `docker pull ${old.name}, or name the base that shows it with --base` },
  );
}
