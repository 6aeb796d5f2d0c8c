import path from 'node:path';
import { asImageID, hexOf, type ImageID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { ImageRecord } from '../domain/snapshot.ts';
import { imageFile, type Layout } from './layout.ts';
import { foldersIn, namesIn, readText } from './read-file.ts';

/**
 * Reads every image config of imagedb. Names that are no digest are dockerd's own temporary files
 * and are passed over, as dockerd does (store.md 1.4). The digest of the bytes is not checked here:
 * whoever relies on an image does that.
 */
export function readImages(layout: Layout): {
  images: Map<ImageID, ImageRecord>;
  brokenImages: Map<ImageID, string>;
} {
  const images = new Map<ImageID, ImageRecord>();
  const brokenImages = new Map<ImageID, string>();
  const withMetadata = new Set(foldersIn(layout.imageMetadata));
  for (const name of namesIn(layout.imageContent)) {
    const id = asImageID(`sha256:${name}`);
    if (id === undefined) continue;
    try {
      images.set(id, readImage(layout, id, withMetadata.has(name)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      brokenImages.set(id, reason.replace(/\s+/g, ' '));
    }
  }
  return { images, brokenImages };
}

function readImage(layout: Layout, id: ImageID, hasMetadata: boolean): ImageRecord {
  const text = readText(imageFile(layout, id)) ?? '';
  const { diffIds } = parseImageConfig(text);
  return { id, text, diffIds, parent: hasMetadata ? readParent(layout, id) : undefined };
}

function readParent(layout: Layout, id: ImageID): ImageID | undefined {
  return asImageID(readText(path.join(layout.imageMetadata, hexOf(id), 'parent')));
}
