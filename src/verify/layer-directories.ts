import type { Inventory } from '../domain/inventory.ts';
import type { StoreFinding } from '../domain/store-finding.ts';
import { isLinkName } from '../domain/overlay-layer.ts';
import { storeFinding } from './remedies.ts';

/** No two directories of overlay2 have one name in overlay2/l (store.md 7: 7). */
export function examineLinkNames({ directories, layers, mounts }: Inventory): StoreFinding[] {
  const byLink = new Map<string, string[]>();
  for (const [name, { link }] of directories) {
    if (isLinkName(link)) byLink.set(link, [...(byLink.get(link) ?? []), name]);
  }
  return [...byLink].flatMap(([link, names]) => {
    if (names.length < 2) return [];
    const about = [
      ...[...layers.values()].flatMap((layer) =>
        names.includes(layer?.cacheId ?? '') ? [layer?.chainId ?? ''] : [],
      ),
      ...mounts.flatMap(({ name, mountId, initId }) =>
        names.includes(mountId ?? '') || names.includes(initId ?? '') ? [name] : [],
      ),
    ];
    const shown = names.map((name) => `overlay2/${name.slice(0, 12)}…`).join(' and ');
    return [storeFinding('link-shared', `${shown} have the one link ${link}`, about)];
  });
}
