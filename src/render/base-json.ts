import type { BaseReport } from '../domain/report.ts';
import { fromOf } from './base-text.ts';
import { documentHead, type JsonDocument } from './json-document.ts';

/** A BaseReport as JSON document; every candidate and proposal with its `from`. */
export function baseDocument(report: BaseReport): JsonDocument {
  const { reference, imageId, layers, detected, undecided } = report;
  return {
    ...documentHead('base'),
    reference,
    imageId,
    layers,
    detected: detected === undefined ? null : { ...detected, imageId: detected.imageId ?? null },
    undecided: undecided ?? null,
    candidates: report.candidates.map((candidate) => ({ ...candidate, from: fromOf(candidate) })),
    proposals: report.proposals.map((proposal) => ({ ...proposal, from: proposal.topDiffId })),
    labels: Object.fromEntries(report.labels),
  };
}
