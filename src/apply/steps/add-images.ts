/**
 * Image configs in imagedb: written under a temporary name that dockerd passes over, then renamed
 * to their ImageID. Source: store.md 1.4, 1.5; moby image/fs.go.
 */
import path from 'node:path';
import { counted } from '../../domain/counted.ts';
import { hexOf, type ImageID } from '../../domain/digest.ts';
import { imageFile, MODE, type Layout } from '../../store/layout.ts';
import { statOf } from '../../store/read-file.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

export const stageImages: Step = {
  describe: ({ bound }) => some(bound.images, (count) => `write ${counted(count, 'image config')}`),

  run(context) {
    for (const { imageId, configText } of context.bound.images) {
      context.disk.writeFile(stagedFile(context, imageId), configText, MODE.imageConfig);
    }
  },

  undo(context) {
    for (const { imageId } of context.bound.images) {
      context.disk.removeFile(stagedFile(context, imageId));
    }
  },
};

export const publishImages: Step = {
  describe: ({ bound }) =>
    some(bound.images, (count) => `publish ${counted(count, 'image config')}`),

  run(context) {
    const { bound, disk, layout } = context;
    for (const { imageId } of bound.images) {
      const staged = stagedFile(context, imageId);
      if (statOf(staged) !== undefined) disk.rename(staged, imageFile(layout, imageId));
    }
    if (bound.images.length > 0) disk.sync(layout.imageContent);
  },

  async undo({ bound, disk, layout }) {
    for (const { imageId } of bound.images) disk.removeFile(imageFile(layout, imageId));
    await disk.removeTrees(
      bound.images.map(({ imageId }) => path.join(layout.imageMetadata, hexOf(imageId))),
    );
    if (bound.images.length > 0) disk.sync(layout.imageContent);
  },
};

/** Where the config of an image is staged. */
export function stagedConfig(layout: Layout, transaction: number, imageId: ImageID): string {
  const prefix = `.tmp-${hexOf(imageId)}-`;
  return path.join(layout.imageContent, temporaryName(prefix, transaction, 'config'));
}

function stagedFile({ layout, transaction }: StepContext, imageId: ImageID): string {
  return stagedConfig(layout, transaction, imageId);
}
