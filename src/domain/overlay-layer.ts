/**
 * How overlay2 names layers to each other. Source: store.md 1.8, 1.9;
 * moby daemon/graphdriver/overlay2/overlay.go (create, getLower), overlayutils/randomid.go.
 */

const LINK_NAME = /^[A-Z2-7]{26}$/;

/** Whether text is what dockerd writes into a `link` file: 26 characters of base32. */
export function isLinkName(text: string | undefined): text is string {
  return text !== undefined && LINK_NAME.test(text);
}

/** Where l/<LINK> must point: relative, since dockerd joins it to overlay2/l. */
export function linkTargetOf(cacheId: string): string {
  return `../${cacheId}/diff`;
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
