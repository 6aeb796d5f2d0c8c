import type { StatusReport } from '../domain/report.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { containerDocument, hostDocument } from './plan-json.ts';

/** A StatusReport as JSON document. */
export function statusDocument(report: StatusReport): JsonDocument {
  return {
    ...documentHead('status'),
    host: hostDocument(report),
    open: report.open,
    stopped: report.stopped ?? null,
    pendingRestart: report.pendingRestart,
    overwritten: report.overwritten,
    broken: report.broken,
    movedAway: report.movedAway.map((moved) => ({ ...moved, now: moved.now ?? null })),
    onOldImages: report.onOldImages.map(({ container, tag, after }) => ({
      container: containerDocument(container),
      tag,
      after,
    })),
  };
}
