import { parseImageConfig, type Platform } from '../../domain/image-config.ts';
import { refuses } from '../../domain/finding.ts';
import type { DiffBuilds } from '../../apply/overlay/diff-build.ts';
import type { OverlayReport, RunningContainers } from '../../domain/overlay/report.ts';
import { CLONE_MODES, type CloneCost, type CloneMode } from '../../domain/report.ts';
import type { Progress } from '../../domain/progress.ts';
import { RebaseError } from '../../errors.ts';
import type { OverlayBase } from '../../resolve/overlay-bases.ts';
import { freeSpace } from '../../store/free-space.ts';
import { noRoom } from '../no-room.ts';
import { daemonView } from '../open-store.ts';
import { refusedBy } from '../refusal.ts';
import type { OverlayHost } from './overlay-host.ts';
import type { PlannedSwitch } from './plan-switch.ts';

/** What every overlay plan is asked with. */
export interface OverlayRequest {
  readonly clone: CloneMode;
  /** What becomes of containers that run on a base. */
  readonly running: RunningContainers;
  readonly allow: ReadonlySet<string>;
  /** Told of what takes long. */
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** A plan as it is shown, and what is needed to carry it out. */
export interface OverlayPlan {
  readonly report: OverlayReport;
  readonly builds: DiffBuilds;
  /** To be called when the plan is done with, if it is there. */
  readonly close?: () => void;
}

/** Puts together what was planned for each base. */
export function overlayPlan(
  { store }: OverlayHost,
  { clone, running, allow }: OverlayRequest,
  {
    planned,
    unchanged = [],
    warnings = [],
    bundle,
  }: {
    readonly planned: readonly PlannedSwitch[];
    readonly unchanged?: OverlayReport['unchanged'];
    readonly warnings?: readonly string[];
    readonly bundle?: string | undefined;
  },
): OverlayPlan {
  const switches = planned.map(({ report }) => report);
  return {
    report: {
      storeRoot: store.layout.root,
      daemon: daemonView(store),
      bundle,
      switches,
      unchanged,
      warnings,
      running,
      allowed: allow,
      clone,
      cost: sumOf(planned),
      free: freeSpace(store.layout.overlay),
    },
    builds: new Map(
      planned.flatMap(({ report, build }) =>
        build === undefined ? [] : [[report.bound.cacheId, build] as const],
      ),
    ),
  };
}

/**
 * What stands against a plan before anything is written: a finding that refuses, or no room.
 * Running containers are asked about when it is applied.
 */
export function refusalOfOverlay(report: OverlayReport): RebaseError | undefined {
  const refusing = report.switches.flatMap(({ checked }) =>
    (checked ?? []).flatMap(({ image, findings }) =>
      findings
        .filter((finding) => refuses(finding, report.allowed))
        .map(({ check, message }) => ({ check, message: `${image}: ${message}` })),
    ),
  );
  return (
    refusedBy(refusing) ??
    noRoom('the file system of overlay2', report.cost[report.clone], report.free)
  );
}

/**
 * As the base's config says, or that of an image on it; undefined when nothing is left of either.
 */
export function platformOf(
  { snapshot, sharersOf }: OverlayHost,
  { identity }: OverlayBase,
): Platform | undefined {
  const sharer = sharersOf(identity.chainId).images[0]?.imageId;
  const image =
    snapshot.images.get(identity.imageId) ??
    (sharer === undefined ? undefined : snapshot.images.get(sharer));
  return image === undefined ? undefined : parseImageConfig(image.text).platform;
}

function sumOf(planned: readonly PlannedSwitch[]): Record<CloneMode, CloneCost> {
  const sums = CLONE_MODES.map((mode): [CloneMode, CloneCost] => [
    mode,
    planned.reduce(
      (sum, { cost }) => ({
        bytes: sum.bytes + cost[mode].bytes,
        inodes: sum.inodes + cost[mode].inodes,
      }),
      { bytes: 0, inodes: 0 },
    ),
  ]);
  return Object.fromEntries(sums) as Record<CloneMode, CloneCost>;
}
