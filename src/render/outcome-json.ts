/**
 * How a run ended, as one JSON document: for success and for failure, always with the transaction,
 * since a caller cannot undo without its number.
 */
import { PHASES, type AppliedImage, type Durations } from '../domain/report.ts';
import type { ImageResult, Outcome, PlanReport } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import { errorFields } from './error-json.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { imageDocuments, planDocument } from './plan-json.ts';

export function outcomeDocument(outcome: Outcome): JsonDocument {
  return {
    ...documentHead('outcome', outcome),
    kind: outcome.kind,
    images: outcome.images.map(resultDocument),
    switches: outcome.switches,
    pending: outcome.pending ?? null,
    notes: outcome.notes,
  };
}

/** A plan that was applied: the plan's document, with what became of it. */
export function appliedDocument(report: PlanReport, outcome: Outcome): JsonDocument {
  const images = imageDocuments(report).map((image, at) => ({
    ...image,
    ...appliedFields(outcome.images[at]?.applied),
  }));
  return {
    ...planDocument(report),
    ...outcomeDocument(outcome),
    ...documentHead('applied', outcome),
    images,
    durations: durationsDocument(outcome.durations),
  };
}

function appliedFields(applied: AppliedImage | undefined): JsonDocument {
  if (applied === undefined) return {};
  const { cloned, reused, bytes } = applied;
  return { outcome: 'rebased', layers: { cloned, reused }, bytes };
}

/** A phase that there was not has null. Nothing else in a document differs from run to run. */
function durationsDocument(durations: Durations = {}): JsonDocument {
  return Object.fromEntries(PHASES.map((phase) => [phase, durations[phase] ?? null]));
}

/** A plan or a check that is refused: its document, with the error. */
export function refusedDocument(document: JsonDocument, error: unknown): JsonDocument {
  return { ...document, error: errorFields(error) };
}

/**
 * The document of a run that failed, with the keys of any outcome. Half-way is the only failure
 * that leaves something changed.
 */
export function errorDocument(error: unknown): JsonDocument {
  const known = error instanceof RebaseError ? error : undefined;
  return {
    ...documentHead('error', {
      changed: known?.code === 'HALF_WAY',
      transaction: known?.transaction,
    }),
    kind: null,
    images: [],
    switches: [],
    pending: null,
    notes: [],
    error: errorFields(error),
  };
}

function resultDocument(image: ImageResult): JsonDocument {
  const { reference, outcome, before, after, tags, reason } = image;
  return {
    reference,
    outcome,
    before: { imageId: before },
    after: { imageId: after },
    tags,
    reason: reason ?? null,
  };
}
