import path from 'node:path';
import type { DiffBuild } from '../../apply/overlay/diff-build.ts';
import type { LayerSwitch } from '../../domain/bound-plan.ts';
import { shortId } from '../../domain/digest.ts';
import type { MergedTree } from '../../domain/merged-tree.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import type { AssemblySource } from '../../domain/overlay/assembly.ts';
import type { CheckedSharer, ShownBase, SwitchReport } from '../../domain/overlay/report.ts';
import {
  folderOfVersion,
  ORIGINAL,
  versionOfFolder,
  type BaseIdentity,
} from '../../domain/overlay/version.ts';
import { isLinkName, lowerOn } from '../../domain/overlay-layer.ts';
import type { CloneCost, CloneMode } from '../../domain/report.ts';
import { RebaseError } from '../../errors.ts';
import { assemblyOf } from '../../plan/overlay/assembly.ts';
import { fileChanges } from '../../plan/overlay/file-changes.ts';
import { treeDelta } from '../../plan/overlay/tree-delta.ts';
import { freeVersionName } from '../../plan/overlay/version-name.ts';
import type { OverlayBase } from '../../resolve/overlay-bases.ts';
import { refuseVersionsAbove } from '../../resolve/versions-above.ts';
import type { OpenBundle } from '../../store/overlay/open-bundle.ts';
import type { BaseTrees } from '../../store/overlay/base-trees.ts';
import { activeFolder } from '../../store/active-directory.ts';
import { layerDirectory } from '../../store/layout.ts';
import { statOf } from '../../store/read-file.ts';
import { readLayerDirectory } from '../../store/read-layer.ts';
import { hiddenChanges } from './hidden-changes.ts';
import { looksAlike } from './look-alike.ts';
import type { OverlayHost } from './overlay-host.ts';
import { switchCost } from './switch-cost.ts';

/** What a base is to look like. */
export interface SwitchWish {
  readonly base: OverlayBase;
  readonly shows: BaseIdentity;
  readonly union: boolean;
  /** An existing folder of the layer that does it; undefined when a version has to be built. */
  readonly folder: string | undefined;
  /** A name for the version that is built; another one is taken where it is not free. */
  readonly version: string;
  readonly target: MergedTree;
  readonly bundle?: OpenBundle | undefined;
  readonly checked?: readonly CheckedSharer[] | undefined;
}

export interface PlannedSwitch {
  readonly report: SwitchReport;
  readonly build: DiffBuild | undefined;
  readonly cost: Readonly<Record<CloneMode, CloneCost>>;
}

/**
 * Plans what makes a base look like another one: the folder for its top layer, who sees it, and
 * which files change for them. Reads only. Throws STORE_DAMAGED, STORE_UNSUPPORTED, and IN_USE for
 * a layer below one that has versions.
 */
export function planSwitch(host: OverlayHost, trees: BaseTrees, wish: SwitchWish): PlannedSwitch {
  const { base, shows, union, target, bundle } = wish;
  const { versions, chainIds, identity } = base;
  refuseVersionsAbove(host, { base: identity.name, chainId: identity.chainId });
  const isBuilt = wish.folder !== undefined;
  const version = isBuilt ? versionOfFolder(wish.folder) : freeVersionName(versions, wish);
  const after = version === undefined ? ORIGINAL : folderOfVersion(version);
  const build = isBuilt ? undefined : buildOf(host, trees, wish);
  const bound: LayerSwitch = {
    ...placeOf(host, base),
    after,
    builds:
      build === undefined || version === undefined
        ? undefined
        : { version, base: identity, shows, union, transaction: 0 },
  };
  const sharers = host.sharersOf(identity.chainId);
  // Where the folder that is shown is gone, nothing is seen at present, and all is as it will be.
  const current = isThere(host, bound) ? trees.stack(chainIds, { top: bound.before }) : target;
  const changes = fileChanges(
    current,
    target,
    looksAlike({ folderOf: folderIn(trees, bundle), manifest: bundle?.manifest }),
  );
  return {
    report: {
      bound,
      base: identity,
      from: shownBase(base, bound.before),
      to: isBuilt ? shownBase(base, after) : { version, base: shows },
      union: union || versions.versions.some((one) => one.union && one.version === version),
      sharers,
      changes,
      hidden: hiddenChanges(host, base, { sharers, changes, target }),
      checked: wish.checked,
    },
    build,
    cost: switchCost(build),
  };
}

/** The base that is seen with a folder of its top layer. */
export function shownBase({ versions, identity }: OverlayBase, folder: string): ShownBase {
  const version = versionOfFolder(folder);
  const known = versions.versions.find((one) => one.version === version);
  return { version, base: known?.shows ?? identity };
}

/** What is not known of a layer directory cannot be switched. Throws STORE_DAMAGED. */
function placeOf(
  { store: { layout } }: OverlayHost,
  { identity, cacheId, versions }: OverlayBase,
): Omit<LayerSwitch, 'after' | 'builds'> {
  const { name, chainId } = identity;
  const directory = readLayerDirectory(layout, cacheId);
  const link = directory?.link;
  const before = versions.active;
  if (!isLinkName(link) || before === undefined || directory?.hasDiff !== true) {
    throw new RebaseError(
      'STORE_DAMAGED',
      `layer ${shortId(chainId)} of ${name} is not as dockerd keeps its layers`,
      { hint: 'nothing was changed; rebase-image doctor says more' },
    );
  }
  const lowerdir = lowerOn({ link, lower: directory.lower }) ?? '';
  return { base: name, chainId, cacheId, link, before, lowerdir };
}

function isThere({ store: { layout } }: OverlayHost, { cacheId, before }: LayerSwitch): boolean {
  return statOf(path.join(layerDirectory(layout, cacheId), before)) !== undefined;
}

function buildOf(
  { store: { layout }, cacheIds }: OverlayHost,
  trees: BaseTrees,
  { base, target, bundle }: SwitchWish,
): DiffBuild {
  const lower = base.chainIds.slice(0, -1);
  const below = trees.stack(lower);
  const seen = lower
    .map((chainId) => cacheIds.get(chainId) ?? '')
    .map((cacheId) => ({ cacheId, folder: activeFolder(layout, cacheId) }));
  const sourceOf = (layer: IndexedLayer): AssemblySource =>
    layer.index === bundle?.index ? { folder: '', owned: true } : trees.sourceOf(layer);
  return { assembly: assemblyOf(treeDelta(below, target), sourceOf), bundle, below: seen };
}

function folderIn(
  trees: BaseTrees,
  bundle: OpenBundle | undefined,
): (layer: IndexedLayer) => string | undefined {
  return (layer) => (layer.index === bundle?.index ? undefined : trees.sourceOf(layer).folder);
}
