import { folderOfVersion, ORIGINAL } from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import {
  basesNamed,
  modifiedBases,
  onlyBase,
  type OverlayBase,
} from '../../resolve/overlay-bases.ts';
import { openBaseTrees } from '../../store/overlay/base-trees.ts';
import type { OpenStore } from '../open-store.ts';
import { readOverlayHost, type OverlayHost } from './overlay-host.ts';
import { overlayPlan, type OverlayPlan, type OverlayRequest } from './overlay-plan.ts';
import { planSwitch, shownBase } from './plan-switch.ts';

export interface RestoreRequest extends OverlayRequest {
  /** undefined: dockerd's own files. */
  readonly version: string | undefined;
  readonly base: string | undefined;
}

/**
 * Plans to show a folder again that is there: dockerd's own, or a version. Reads only.
 * Throws BASE_NOT_FOUND, BASE_AMBIGUOUS.
 */
export function planRestore(store: OpenStore, request: RestoreRequest): OverlayPlan {
  const host = readOverlayHost(store);
  const base = baseOf(host, request);
  if (base === undefined) {
    return overlayPlan(host, request, {
      planned: [],
      warnings: ['no base is shown through another one'],
    });
  }
  const folder = folderOfName(base, request.version);
  if (folder === base.versions.active) {
    const { version, base: shown } = shownBase(base, folder);
    const reason =
      version === undefined ? "has dockerd's own files" : `shows ${shown.name} already`;
    const unchanged = [{ base: base.identity.name, reason }];
    return overlayPlan(host, request, { planned: [], unchanged });
  }
  request.progress('read the files of the base');
  const trees = openBaseTrees(store.layout);
  const planned = planSwitch(host, trees, {
    base,
    shows: shownBase(base, folder).base,
    union: false,
    folder,
    version: '',
    target: trees.stack(base.chainIds, { top: folder }),
  });
  return overlayPlan(host, request, { planned: [planned] });
}

/** The base that is named, else the only one that it can be about; undefined when there is none. */
function baseOf(
  host: OverlayHost,
  { base: name, version }: RestoreRequest,
): OverlayBase | undefined {
  if (name !== undefined) {
    const named = basesNamed(host, name);
    const modified = named.filter(({ versions }) => versions.versions.length > 0);
    return onlyBase(modified.length > 0 ? modified : named, `--base ${name}`);
  }
  const bases = modifiedBases(host).filter(({ versions }) =>
    version === undefined
      ? versions.active !== ORIGINAL
      : versions.versions.some((one) => one.version === version),
  );
  const what = version === undefined ? 'restore' : `version ${version}`;
  const base = onlyBase(bases, what);
  if (base !== undefined || version === undefined) return base;
  throw new RebaseError('BASE_NOT_FOUND', `no base on this host has a version ${version}`, {
    hint: 'rebase-image overlay status lists the versions',
  });
}

/** Dockerd's own folder, or that of a version of the base. Throws BASE_NOT_FOUND for neither. */
function folderOfName({ versions, identity }: OverlayBase, version?: string): string {
  if (version === undefined) return ORIGINAL;
  const known = versions.versions.find((one) => one.version === version);
  if (known !== undefined) return folderOfVersion(known.version);
  const names = versions.versions.map((one) => one.version).join(', ');
  throw new RebaseError('BASE_NOT_FOUND', `${identity.name} has no version ${version}`, {
    hint: names === '' ? 'rebase-image overlay status' : `it has ${names}`,
  });
}
