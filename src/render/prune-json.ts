import type { KeptImage, OldImage, PruneOutcome, PruneReport } from '../domain/prune.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { hostDocument } from './plan-json.ts';

/** What a prune would do, as a JSON document. */
export function pruneDocument(report: PruneReport): JsonDocument {
  const { plan, blocked, leftovers, freed } = report;
  return {
    ...documentHead('prune'),
    host: hostDocument(report),
    images: plan.images.map(imageDocument),
    parents: plan.parents,
    kept: plan.kept.map(keptDocument),
    blocked: blocked ?? null,
    leftovers,
    endsUndo: plan.endsUndo,
    frees: { ...freed, layers: plan.layers.length },
  };
}

/** What a prune has done, together with what it had shown. */
export function prunedDocument(report: PruneReport, outcome: PruneOutcome): JsonDocument {
  return {
    ...pruneDocument(report),
    ...documentHead('pruned', { changed: outcome.changed }),
    discarded: outcome.discarded,
    released: outcome.released.map(imageDocument),
    kept: [...report.plan.kept, ...outcome.kept].map(keptDocument),
  };
}

function imageDocument({ imageId, was, tags, digests }: OldImage): JsonDocument {
  return { imageId, was, tags, digests };
}

function keptDocument({ imageId, was, reasons }: KeptImage): JsonDocument {
  return { imageId, was, reasons };
}
