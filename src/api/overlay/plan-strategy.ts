import { chainIdsOf, type ChainID } from '../../domain/digest.ts';
import { folderOfVersion, ORIGINAL, type BaseIdentity } from '../../domain/overlay/version.ts';
import type { OverlayReport } from '../../domain/overlay/report.ts';
import { RebaseError } from '../../errors.ts';
import { versionNameOf } from '../../plan/overlay/version-name.ts';
import type { FoundImage } from '../../resolve/find-image.ts';
import { resolveOldBase } from '../../resolve/old-base.ts';
import {
  baseOfImage,
  baseOfLayer,
  basesNamed,
  onlyBase,
  type OverlayBase,
} from '../../resolve/overlay-bases.ts';
import { openBaseTrees, type BaseTrees } from '../../store/overlay/base-trees.ts';
import type { OpenStore } from '../open-store.ts';
import { findNewBase, requestedImages } from '../requested-images.ts';
import { checkSharers } from './check-sharers.ts';
import { readOverlayHost, type OverlayHost } from './overlay-host.ts';
import { overlayPlan, type OverlayPlan, type OverlayRequest } from './overlay-plan.ts';
import { planSwitch, type PlannedSwitch } from './plan-switch.ts';

export interface StrategyRequest extends OverlayRequest {
  readonly images: readonly string[];
  readonly onto: string;
  readonly from?: string | undefined;
  /** The base `from` itself; `images` is empty then. */
  readonly all: boolean;
}

/**
 * Plans a rebase with `--strategy overlay`: the old bases of the images look like the new base
 * afterwards, for these images and for all others on them. Reads only. Throws what detecting an old
 * base can throw, NEW_BASE_MISSING, USAGE; IN_USE for a base below one that has versions.
 */
export function planStrategy(store: OpenStore, request: StrategyRequest): OverlayPlan {
  const host = readOverlayHost(store);
  const onto = findNewBase(host.snapshot, request.onto);
  const { bases, unchanged } = request.all
    ? { bases: [namedBase(host, request)], unchanged: [] }
    : basesOfImages(host, request);
  const trees = openBaseTrees(store.layout);
  request.progress('read the files of the bases');
  const planned: PlannedSwitch[] = [];
  const warnings: string[] = [];
  const nothing: OverlayReport['unchanged'][number][] = [...unchanged];
  for (const base of bases) {
    const reason = shownAlready(base, onto);
    if (reason !== undefined) {
      nothing.push({ base: base.identity.name, reason });
      continue;
    }
    const checks = checkSharers(host, base.identity, { ...request, onto });
    warnings.push(...checks.warnings);
    planned.push(planOnto(host, trees, { base, onto, checked: checks.checked }));
  }
  refuseStacked(bases.filter(({ cacheId }) => planned.some((one) => isOf(one, cacheId))));
  return overlayPlan(host, request, { planned, unchanged: nothing, warnings });
}

function isOf({ report }: PlannedSwitch, cacheId: string): boolean {
  return report.bound.cacheId === cacheId;
}

/** What is built for a base fits what is seen below it now, and not after another switch there. */
function refuseStacked(bases: readonly OverlayBase[]): void {
  for (const { identity, chainIds } of bases) {
    const below = bases.find(
      (one) => one.identity !== identity && chainIds.includes(one.identity.chainId),
    );
    if (below === undefined) continue;
    const [lower, upper] = [below.identity.name, identity.name];
    throw new RebaseError('USAGE', `${upper} is built on ${lower}: not both at once`, {
      hint: `in two runs: first the images on ${lower}, then those on ${upper}`,
    });
  }
}

function planOnto(
  host: OverlayHost,
  trees: BaseTrees,
  {
    base,
    onto,
    checked,
  }: { base: OverlayBase; onto: FoundImage; checked: PlannedSwitch['report']['checked'] },
): PlannedSwitch {
  const { identity: shows, chainIds } = baseOfImage(host, onto.image, onto.name);
  return planSwitch(host, trees, {
    base,
    shows,
    union: false,
    folder: folderShowing(base, shows),
    version: versionNameOf(onto.name, shows.imageId),
    // As it was pulled, whatever is seen through its own layers at present.
    target: trees.stack(chainIds, { original: true }),
    checked,
  });
}

/** The folder of a base with which it is the new base already. */
function folderShowing(
  { identity, versions }: OverlayBase,
  { chainId }: BaseIdentity,
): string | undefined {
  if (identity.chainId === chainId) return ORIGINAL;
  const built = versions.versions.find((one) => !one.union && one.shows.chainId === chainId);
  return built === undefined ? undefined : folderOfVersion(built.version);
}

/** Why there is nothing to do for a base; undefined when there is. */
function shownAlready({ identity, versions }: OverlayBase, onto: FoundImage): string | undefined {
  const top = chainIdsOf(onto.image.diffIds).at(-1);
  if (identity.chainId === top) {
    return versions.active === ORIGINAL ? `is ${onto.name}` : undefined;
  }
  const active = versions.versions.find(
    ({ version }) => versions.active === `${ORIGINAL}.${version}`,
  );
  const shows = active !== undefined && active.shows.chainId === top && !active.union;
  return shows ? `shows ${onto.name} already` : undefined;
}

function namedBase(host: OverlayHost, { images, from }: StrategyRequest): OverlayBase {
  if (images.length > 0) {
    throw new RebaseError('USAGE', `--all and ${images[0] ?? ''} contradict each other`, {
      hint: 'name images, or --all --from OLD-BASE',
    });
  }
  if (from === undefined) {
    throw new RebaseError('USAGE', '--all needs --from: which base shall look like the new one?', {
      hint: 'rebase-image --all --from alpine:3.7 --onto alpine:3.12 --strategy overlay',
    });
  }
  const base = onlyBase(basesNamed(host, from), `--from ${from}`);
  if (base === undefined) throw new RangeError('a name that means nothing throws');
  return base;
}

/** The old base of every image, each once. */
function basesOfImages(
  host: OverlayHost,
  { images, onto, from }: StrategyRequest,
): { bases: readonly OverlayBase[]; unchanged: OverlayReport['unchanged'] } {
  const requested = requestedImages(host.snapshot, { images, onto, from });
  const bases = new Map<ChainID, OverlayBase>();
  const unchanged: OverlayReport['unchanged'][number][] = [];
  for (const image of requested.images) {
    const resolution = resolveOldBase(host.snapshot, { image, onto: requested.onto, from });
    if (resolution.kind === 'nothing') {
      const wanted = baseOfImage(host, requested.onto.image, requested.onto.name);
      if (showsAnother(wanted, image)) bases.set(wanted.identity.chainId, wanted);
      else unchanged.push({ base: image.name, reason: `is ${resolution.reason}` });
      continue;
    }
    const { layers, imageId, name } = resolution.base;
    const chainId = chainIdsOf(image.image.diffIds)[layers - 1];
    const record = imageId === undefined ? undefined : host.snapshot.images.get(imageId);
    const base =
      record === undefined
        ? chainId && baseOfLayer(host, chainId, { name, imageId: image.image.id, chainId })
        : baseOfImage(host, record, name);
    if (!base) throw noLayer(image);
    bases.set(base.identity.chainId, base);
  }
  return { bases: [...bases.values()], unchanged };
}

/** Whether an image that stands on a base sees another one's files through it. */
function showsAnother({ identity, versions }: OverlayBase, { image }: FoundImage): boolean {
  return versions.active !== ORIGINAL && chainIdsOf(image.diffIds).includes(identity.chainId);
}

function noLayer({ name }: FoundImage): RebaseError {
  return new RebaseError('BASE_NOT_FOUND', `${name} has no base whose files could be exchanged`, {
    hint: `rebase-image base ${name} shows what it is built on`,
  });
}
