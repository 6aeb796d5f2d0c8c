/**
 * How a run ended, as one JSON document: for success and for failure, always with the transaction,
 * since a caller cannot undo without its number.
 */
import type { ImageResult, Outcome, PlanReport } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';
import { errorFields } from './error-json.ts';
import { SCHEMA, type JsonDocument } from './json-document.ts';
import { imageDocuments, planDocument } from './plan-json.ts';

export function outcomeDocument(outcome: Outcome): JsonDocument {
  return {
    schema: SCHEMA,
    kind: outcome.kind,
    changed: outcome.changed,
    transaction: outcome.transaction ?? null,
    images: outcome.images.map(resultDocument),
    pending: outcome.pending ?? null,
    notes: outcome.notes,
  };
}

/** A plan that was applied: the plan's document, with what became of it. */
export function appliedDocument(report: PlanReport, outcome: Outcome): JsonDocument {
  const images = imageDocuments(report).map((image) =>
    image['outcome'] === 'rebase' ? { ...image, outcome: 'rebased' } : image,
  );
  return { ...planDocument(report), ...outcomeDocument(outcome), images };
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
    schema: SCHEMA,
    kind: null,
    changed: known?.code === 'HALF_WAY',
    transaction: known?.transaction ?? null,
    images: [],
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
