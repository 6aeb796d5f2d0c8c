import { asImageID, shortId } from '../domain/digest.ts';
import { layersIn } from '../domain/image-config.ts';
import type { ImageFacts, Inventory } from '../domain/inventory.ts';
import type { StoreCode, StoreFinding } from '../domain/store-finding.ts';
import { shown } from './layer-problems.ts';
import { storeFinding } from './remedies.ts';

/** Above this many layers nothing can be built on an image, and above this many nothing runs. */
const MOST_TO_BUILD_ON = 124;
const MOST_TO_RUN = 127;

/** Go's RFC 3339 with nanoseconds, as dockerd writes and reads it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The images of imagedb (store.md 7: 10, 13, 14). */
export function examineImages(inventory: Inventory): StoreFinding[] {
  return [...inventory.images.values()].flatMap((image) => examineImage(image, inventory));
}

function examineImage(image: ImageFacts, inventory: Inventory): StoreFinding[] {
  const { id, chainIds, config, problem, digestFits } = image;
  const say = (code: StoreCode, what: string): StoreFinding =>
    storeFinding(code, `image ${shortId(id)} ${what}`, [id]);
  if (config === undefined) {
    return [say('image-config', `has a config that cannot be read: ${problem ?? ''}`)];
  }
  const missing = chainIds.find((chainId) => !inventory.layers.has(chainId));
  const count = config.diffIds.length;
  const named = layersIn(config.history);
  return [
    ...(digestFits ? [] : [say('image-digest', 'has a config whose sha256 is not its ID')]),
    ...(missing === undefined
      ? []
      : [say('image-layer-missing', `needs layer ${shortId(missing)}, which is not in layerdb`)]),
    ...(count > MOST_TO_RUN
      ? [say('image-too-deep', `has ${count} layers`)]
      : count > MOST_TO_BUILD_ON
        ? [say('image-deep', `has ${count} layers`)]
        : []),
    ...(named > count
      ? [say('image-history', `names ${named} layers in its history and has ${count}`)]
      : []),
    ...parentProblems(image, inventory).map((what) => say('image-parent', what)),
    ...(image.lastUpdated === undefined || TIME.test(image.lastUpdated)
      ? []
      : [say('image-last-updated', `has ${shown(image.lastUpdated)} in its file lastUpdated`)]),
  ];
}

/** imagedb's parent must be an image that this one begins with. */
function parentProblems({ parent, config }: ImageFacts, { images }: Inventory): string[] {
  if (parent === undefined) return [];
  const parentId = asImageID(parent);
  if (parentId === undefined) return [`has ${shown(parent)} in its file parent`];
  const found = images.get(parentId);
  if (found === undefined) return [`has the parent ${shortId(parentId)}, which is gone`];
  const own = config?.diffIds ?? [];
  const begins = found.config?.diffIds.every((diffId, index) => diffId === own[index]) ?? true;
  return begins ? [] : [`has the parent ${shortId(parentId)}, whose layers it does not have`];
}
