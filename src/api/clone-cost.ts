import type { BoundPlan } from '../domain/bound-plan.ts';
import type { ChainID } from '../domain/digest.ts';
import type { CloneCost, CloneMode } from '../domain/report.ts';
import type { LayerSize } from '../store/survey-layers.ts';
import type { Examination } from './examine-layers.ts';

/** Files that every new layer gets besides its clone: in overlay2, `l/` and layerdb. */
const OWN_INODES = 13;
const OWN_BYTES = 40 * 1024;
const DIRECTORY_BYTES = 4096;

export interface MeasuredClone {
  /** What each way of cloning would take on disk: bytes and inodes, estimated high. */
  readonly cost: Record<CloneMode, CloneCost>;
  /** Bytes of the files in each layer to be cloned, by the chain that it becomes. */
  readonly layerBytes: ReadonlyMap<ChainID, number>;
}

/** Measures what is to be cloned. Throws what a survey throws. */
export function measureClone(
  { survey }: Pick<Examination, 'survey'>,
  { layers }: BoundPlan,
): MeasuredClone {
  const surveys = survey(layers.map(({ source }) => source.cacheId));
  const sizes = new Map(Array.from(surveys, ([id, { size }]) => [id, size]));
  return {
    cost: cloneCost(layers, sizes),
    layerBytes: new Map(
      layers.map(({ chainId, source }) => [chainId, sizes.get(source.cacheId)?.fileBytes ?? 0]),
    ),
  };
}

function cloneCost(
  layers: BoundPlan['layers'],
  sizes: ReadonlyMap<string, LayerSize>,
): Record<CloneMode, CloneCost> {
  const all = layers
    .map(({ source }) => sizes.get(source.cacheId))
    .filter((size) => size !== undefined);
  const sum = (part: (size: LayerSize) => number): number =>
    all.reduce((total, size) => total + part(size), 0);
  const directories = sum((size) => size.directories);
  const files = sum((size) => size.files);
  const bytes = directories * DIRECTORY_BYTES + layers.length * OWN_BYTES;
  const inodes = directories + layers.length * OWN_INODES;
  const large = sum((size) => size.largeFiles);
  const largeBytes = sum((size) => size.largeBytes);
  const fileBytes = sum((size) => size.fileBytes);
  return {
    link: { bytes, inodes },
    copy: { bytes: bytes + fileBytes, inodes: inodes + files },
    reflink: { bytes, inodes: inodes + files },
    auto: { bytes: bytes + fileBytes - largeBytes, inodes: inodes + files - large },
  };
}
