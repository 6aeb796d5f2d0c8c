import type { ModifiedLayer, OverlayStatus } from '../../domain/overlay/report.ts';
import { folderOfVersion } from '../../domain/overlay/version.ts';
import { modifiedBases, type OverlayBase } from '../../resolve/overlay-bases.ts';
import { measureFolders } from '../../store/measure-freed.ts';
import { readLayerDirectory } from '../../store/read-layer.ts';
import { daemonView, type OpenStore } from '../open-store.ts';
import { readOverlayHost, type OverlayHost } from './overlay-host.ts';
import { shownBase } from './plan-switch.ts';

/**
 * Every layer that has versions of its files, or shows one: which, who sees it, and who has an
 * older view. Reads only.
 */
export function overlayStatus(store: OpenStore): OverlayStatus {
  const host = readOverlayHost(store);
  return {
    storeRoot: store.layout.root,
    daemon: daemonView(store),
    layers: modifiedBases(host).map((base) => modifiedLayer(host, base)),
  };
}

function modifiedLayer(host: OverlayHost, base: OverlayBase): ModifiedLayer {
  const { identity, cacheId, versions } = base;
  const { layout } = host.store;
  const { active } = versions;
  const link = readLayerDirectory(layout, cacheId)?.link;
  return {
    base: identity,
    chainId: identity.chainId,
    cacheId,
    shows: active === undefined ? undefined : shownBase(base, active),
    versions: versions.versions.map(({ version, shows, union, transaction }) => ({
      version,
      shows,
      union,
      transaction,
      active: active === folderOfVersion(version),
      frees: measureFolders(layout, [`${cacheId}/${folderOfVersion(version)}`]),
    })),
    unknown: [...versions.unknown, ...versions.strays],
    sharers: host.sharersOf(identity.chainId),
    olderViews: link === undefined ? [] : host.olderViews(link),
  };
}
