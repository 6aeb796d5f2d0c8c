import path from 'node:path';
import type { BoundPlan, LayerSwitch } from '../domain/bound-plan.ts';
import { shortId } from '../domain/digest.ts';
import { versionOfFolder } from '../domain/overlay/version.ts';
import { linkTargetOf } from '../domain/overlay-layer.ts';
import { imageFile, layerDirectory, layerEntry, linkPath, type Layout } from '../store/layout.ts';
import { readLayerVersions } from '../store/overlay/read-versions.ts';
import { readField, statOf, targetOf } from '../store/read-file.ts';
import type { Transaction } from './journal.ts';
import { stagedConfig } from './steps/add-images.ts';
import { isPublished, writeSetOf } from './steps/add-layers.ts';

type Layer = BoundPlan['layers'][number];
type Staged = Pick<Transaction, 'number' | 'bound'>;

/**
 * What keeps a staged or half-published transaction from being published, one line each: files that
 * somebody removed since, and entries that dockerd has made in their place. Reads only.
 */
export function obstaclesTo(layout: Layout, transaction: Staged): string[] {
  const { layers, images, switches } = transaction.bound;
  return [
    ...layers.flatMap((layer) => layerObstacles(layout, transaction, layer)),
    ...images
      .filter(
        ({ imageId }) =>
          statOf(stagedConfig(layout, transaction.number, imageId)) === undefined &&
          statOf(imageFile(layout, imageId)) === undefined,
      )
      .map(({ imageId }) => `the staged config of ${shortId(imageId)} is gone`),
    ...switches.flatMap((one) => switchObstacles(layout, one)),
  ];
}

function switchObstacles(layout: Layout, one: LayerSwitch): string[] {
  const { base, cacheId, before, after } = one;
  const layer = readLayerVersions(layout, cacheId);
  if (layer === undefined) return [`the top layer of ${base} is gone`];
  const { active, versions } = layer;
  const version = versionOfFolder(after);
  const isThere = version === undefined || versions.some((each) => each.version === version);
  return [
    ...(isThere ? [] : [`the version ${version} of ${base} is gone`]),
    ...(active === before || active === after
      ? []
      : [`${base} shows ${active ?? 'something else'} by now`]),
  ];
}

function layerObstacles(layout: Layout, { number }: Staged, layer: Layer): string[] {
  const { chainId, cacheId, link } = layer;
  const directory = layerDirectory(layout, cacheId);
  const isWhole =
    readField(path.join(directory, 'link')) === link &&
    statOf(path.join(directory, 'diff')) !== undefined &&
    targetOf(linkPath(layout, link)) === linkTargetOf(cacheId);
  const isStaged = statOf(writeSetOf(layout, number, chainId)) !== undefined;
  const isThere = statOf(layerEntry(layout, chainId)) !== undefined;
  const name = shortId(chainId);
  return [
    ...(isWhole ? [] : [`the staged directory of layer ${name} is gone`]),
    ...(isStaged || isThere ? [] : [`the staged entry of layer ${name} is gone`]),
    ...(isThere && !isPublished(layout, layer)
      ? [`layer ${name} is there by now, and is not ours`]
      : []),
  ];
}
