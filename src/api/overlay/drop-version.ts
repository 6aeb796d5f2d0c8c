import path from 'node:path';
import { readTransactions } from '../../apply/journal.ts';
import type { DropReport } from '../../domain/overlay/report.ts';
import { folderOfVersion, recordOfVersion } from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import {
  basesNamed,
  modifiedBases,
  onlyBase,
  type OverlayBase,
} from '../../resolve/overlay-bases.ts';
import { layerDirectory } from '../../store/layout.ts';
import { measureFolders } from '../../store/measure-freed.ts';
import { statOf } from '../../store/read-file.ts';
import { readLayerDirectory } from '../../store/read-layer.ts';
import type { OpenStore } from '../open-store.ts';
import { refuseOpenTransaction, withSession, type SessionOptions } from '../session.ts';
import { readOverlayHost, type OverlayHost } from './overlay-host.ts';

export interface DropRequest {
  readonly version: string;
  /** undefined: the only base that has the version. */
  readonly base: string | undefined;
}

/**
 * Plans to remove a version of a layer's files. Reads only.
 * Throws BASE_NOT_FOUND, BASE_AMBIGUOUS; IN_USE for the version that is seen, and while a container
 * is mounted with a view from before the last switch, which may be this one.
 */
export function planDrop(store: OpenStore, { version, base: name }: DropRequest): DropReport {
  const host = readOverlayHost(store);
  const base = baseWith(host, version, name);
  refuseUsed(host, base, version);
  const { identity, cacheId, versions } = base;
  const folder = folderOfVersion(version);
  // Of a record alone there is no folder.
  const isThere = statOf(path.join(layerDirectory(store.layout, cacheId), folder)) !== undefined;
  return {
    storeRoot: store.layout.root,
    base: identity,
    cacheId,
    version,
    shows: versions.versions.find((one) => one.version === version)?.shows,
    frees: measureFolders(store.layout, isThere ? [`${cacheId}/${folder}`] : []),
    endsUndo: readTransactions(store.layout)
      .filter(
        ({ state, bound }) =>
          state === 'published' &&
          bound.switches.some((one) => one.cacheId === cacheId && one.before === folder),
      )
      .map(({ number }) => number),
  };
}

/**
 * Removes the version that was shown. Its record goes first: what an interrupted drop leaves is a
 * folder of which nothing says what it is, and the same drop again removes it.
 * Throws what planning it throws, LOCKED, TRANSACTION_OPEN.
 */
export async function dropVersion(
  store: OpenStore,
  { version, base }: Pick<DropReport, 'version' | 'base'>,
  options: SessionOptions,
): Promise<DropReport> {
  return withSession(store, options, async ({ disk, layout, progress }) => {
    refuseOpenTransaction(readTransactions(layout));
    const report = planDrop(store, { version, base: base.chainId });
    const directory = layerDirectory(layout, report.cacheId);
    progress(`remove version ${version} of ${report.base.name}`);
    disk.removeFile(path.join(directory, recordOfVersion(version)));
    disk.sync(directory);
    await disk.removeTrees([path.join(directory, folderOfVersion(version))]);
    return report;
  });
}

function baseWith(host: OverlayHost, version: string, name: string | undefined): OverlayBase {
  const candidates = name === undefined ? modifiedBases(host) : basesNamed(host, name);
  const having = candidates.filter(
    ({ versions }) =>
      versions.versions.some((one) => one.version === version) ||
      versions.unknown.includes(folderOfVersion(version)) ||
      versions.strays.includes(recordOfVersion(version)),
  );
  const base = onlyBase(having, `version ${version}`);
  if (base !== undefined) return base;
  const where = name === undefined ? 'no base on this host' : name;
  throw new RebaseError(
    'BASE_NOT_FOUND',
    `${where} has ${name === undefined ? 'a' : 'no'} version ${version}`,
    { hint: 'rebase-image overlay status lists the versions' },
  );
}

function refuseUsed(host: OverlayHost, base: OverlayBase, version: string): void {
  const { identity, cacheId, versions } = base;
  if (versions.active === folderOfVersion(version)) {
    throw new RebaseError('IN_USE', `version ${version} is what ${identity.name} shows`, {
      hint: 'show another one first: rebase-image overlay restore',
    });
  }
  const link = readLayerDirectory(host.store.layout, cacheId)?.link;
  const [first, ...more] = link === undefined ? [] : host.olderViews(link);
  if (first === undefined) return;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new RebaseError(
    'IN_USE',
    `${first}${rest} may still use version ${version}: it was started before the last switch`,
    { hint: 'docker stop and docker start it; docker restart is not enough' },
  );
}
