/**
 * How overlay2 names layers to each other. Source: store.md 1.8, 1.9;
 * moby daemon/graphdriver/overlay2/overlay.go (create, getLower), overlayutils/randomid.go.
 */
import { ORIGINAL, versionOfFolder } from './overlay/version.ts';

const LINK_NAME = /^[A-Z2-7]{26}$/;

/** Whether text is what dockerd writes into a `link` file: 26 characters of base32. */
export function isLinkName(text: string | undefined): text is string {
  return text !== undefined && LINK_NAME.test(text);
}

/**
 * Where l/<LINK> must point: relative, since dockerd joins it to overlay2/l. `folder`: dockerd's own
 * `diff`, or a version of it (overlay/version.ts).
 */
export function linkTargetOf(cacheId: string, folder = ORIGINAL): string {
  return `../${cacheId}/${folder}`;
}

/**
 * The folder of this layer directory that a target of l/<LINK> leads to: `diff` or a version of it;
 * undefined for every other target.
 */
export function folderOfTarget(cacheId: string, target: string | undefined): string | undefined {
  const folder = target?.startsWith(`../${cacheId}/`) ? target.slice(cacheId.length + 4) : '';
  return folder === ORIGINAL || versionOfFolder(folder) !== undefined ? folder : undefined;
}

/**
 * The `lower` file of a layer on this parent, nearest layer first; undefined for a base layer,
 * which has none.
 */
export function lowerOn(
  parent: { readonly link: string; readonly lower: string | undefined } | undefined,
): string | undefined {
  if (parent === undefined) return undefined;
  const nearest = `l/${parent.link}`;
  return parent.lower === undefined ? nearest : `${nearest}:${parent.lower}`;
}
