import type { BaseFacts } from '../../resolve/overlay-bases.ts';
import type { Layout } from '../../store/layout.ts';
import { readAllVersions } from '../../store/overlay/read-versions.ts';
import { readLayerUse } from '../../store/read-layer-use.ts';

/** Which layer stands on which, and the versions that they have. */
export function readStackFacts(
  layout: Layout,
): Pick<BaseFacts, 'parents' | 'cacheIds' | 'versions'> {
  const { parents, cacheIds } = readLayerUse(layout);
  const versions = new Map(readAllVersions(layout).map((layer) => [layer.cacheId, layer]));
  return { parents, cacheIds, versions };
}
