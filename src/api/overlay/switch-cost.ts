import { assemblyCost, BLOCK } from '../../apply/overlay/assembly-cost.ts';
import type { DiffBuild } from '../../apply/overlay/diff-build.ts';
import { CLONE_MODES, type CloneCost, type CloneMode } from '../../domain/report.ts';

const NO_COST: CloneCost = { bytes: 0, inodes: 0 };

/**
 * What each way of building a version takes on disk; nothing where none is built. What is unpacked
 * of a bundle takes room too, until the version is whole.
 */
export function switchCost(build: DiffBuild | undefined): Record<CloneMode, CloneCost> {
  const bundle = build?.bundle;
  const unpacked =
    bundle === undefined
      ? NO_COST
      : {
          bytes: bundle.bytes + bundle.index.entries.length * BLOCK,
          inodes: bundle.index.entries.length,
        };
  const costs = CLONE_MODES.map((mode): [CloneMode, CloneCost] => {
    if (build === undefined) return [mode, NO_COST];
    const { bytes, inodes } = assemblyCost(build.assembly, mode);
    return [mode, { bytes: bytes + unpacked.bytes, inodes: inodes + unpacked.inodes }];
  });
  return Object.fromEntries(costs) as Record<CloneMode, CloneCost>;
}
