/**
 * What the overlay commands print with --json.
 */
import { textOfBytes } from '../../domain/byte-string.ts';
import type { FileChanges } from '../../domain/overlay/file-changes.ts';
import type {
  DropReport,
  LayerSharers,
  ModifiedLayer,
  OverlayReport,
  OverlayStatus,
  PackReport,
  ShownBase,
  SwitchReport,
} from '../../domain/overlay/report.ts';
import type { CloneCost, Outcome } from '../../domain/report.ts';
import { findingDocument } from '../judged-json.ts';
import { documentHead, type JsonDocument } from '../json-document.ts';
import { containerDocument, hostDocument } from '../plan-json.ts';

/** An OverlayReport that has not been applied. */
export function overlayPlanDocument(report: OverlayReport): JsonDocument {
  const { bundle, switches, unchanged, warnings, running, clone, cost, free } = report;
  return {
    ...documentHead('overlay-plan'),
    host: hostDocument(report),
    bundle: bundle ?? null,
    switches: switches.map((one) => switchDocument(one, report)),
    unchanged,
    warnings,
    runningContainers: running,
    cost: { clone, modes: cost },
    free: spaceDocument(free),
  };
}

/** The same once it is applied. */
export function overlayAppliedDocument(report: OverlayReport, outcome: Outcome): JsonDocument {
  return {
    ...overlayPlanDocument(report),
    ...documentHead('overlay-applied', outcome),
    kind: outcome.kind,
    pending: outcome.pending ?? null,
    notes: outcome.notes,
  };
}

/** A PackReport, of a bundle that was written or not. */
export function packDocument(report: PackReport): JsonDocument {
  const { version, union, file, carried, deleted, entries, changes, written } = report;
  return {
    ...documentHead('overlay-pack', { changed: false }),
    old: report.old,
    new: report.new,
    version,
    union,
    file: file ?? null,
    carried,
    deleted,
    entries,
    changes: changesDocument(changes),
    written: written ?? null,
  };
}

export function overlayStatusDocument(status: OverlayStatus): JsonDocument {
  return {
    ...documentHead('overlay-status'),
    host: hostDocument(status),
    layers: status.layers.map(layerDocument),
  };
}

/** A DropReport; `dropped` once the version is gone. */
export function dropDocument(report: DropReport, { dropped }: { dropped: boolean }): JsonDocument {
  const { base, cacheId, version, shows, frees, endsUndo } = report;
  return {
    ...documentHead('overlay-drop', { changed: dropped }),
    base,
    cacheId,
    version,
    shows: shows ?? null,
    frees: spaceDocument(frees),
    endsUndo,
  };
}

function switchDocument(one: SwitchReport, { allowed }: OverlayReport): JsonDocument {
  const { bound, base, from, to, union, sharers, changes, hidden, checked } = one;
  return {
    base,
    chainId: bound.chainId,
    cacheId: bound.cacheId,
    link: bound.link,
    before: bound.before,
    after: bound.after,
    builds: bound.builds !== undefined,
    from: shownDocument(from),
    to: shownDocument(to),
    union,
    ...sharersDocument(sharers),
    changes: changesDocument(changes),
    hidden,
    checked:
      checked?.map(({ image, findings }) => ({
        image,
        findings: findings.map((finding) => findingDocument(finding, allowed)),
      })) ?? null,
  };
}

function layerDocument(layer: ModifiedLayer): JsonDocument {
  const { base, chainId, cacheId, shows, versions, unknown, sharers, olderViews } = layer;
  return {
    base,
    chainId,
    cacheId,
    shows: shows === undefined ? null : shownDocument(shows),
    versions: versions.map((version) => ({ ...version, frees: spaceDocument(version.frees) })),
    unknown,
    ...sharersDocument(sharers),
    olderViews,
  };
}

function sharersDocument({ images, containers }: LayerSharers): JsonDocument {
  return { images, containers: containers.map(containerDocument) };
}

function shownDocument({ version, base }: ShownBase): JsonDocument {
  return { version: version ?? null, base };
}

function changesDocument({ changes, counts }: FileChanges): JsonDocument {
  return {
    counts,
    files: changes.map(({ kind, path }) => ({ kind, path: `/${textOfBytes(path)}` })),
  };
}

/** Where inodes are made as they are needed, their number is null. */
function spaceDocument({ bytes, inodes }: CloneCost): JsonDocument {
  return { bytes, inodes: Number.isFinite(inodes) ? inodes : null };
}
