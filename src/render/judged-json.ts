/**
 * What is judged of one image, for the documents of a plan and of a check.
 */
import { textOfBytes } from '../domain/byte-string.ts';
import { refuses, verdictOf, type Finding } from '../domain/finding.ts';
import type { ImageState, NothingToDo, PlannedRebase } from '../domain/plan.ts';
import type { JsonDocument } from './json-document.ts';
import { settingDocuments } from './settings-json.ts';

/** An image that changes: what it is and becomes, its bases, settings, the verdict and the findings. */
export function judgedDocument(image: PlannedRebase): JsonDocument {
  const { reference, before, after, oldBase, newBase } = image;
  const { config, settings, findings, allowed } = image;
  return {
    reference,
    outcome: 'rebase',
    reason: null,
    before: stateDocument(before),
    after: stateDocument(after),
    oldBase: { ...oldBase, imageId: oldBase.imageId ?? null },
    newBase,
    config,
    settings: settingDocuments(settings),
    verdict: verdictOf(findings, allowed),
    findings: findings.map((finding) => findingDocument(finding, allowed)),
  };
}

/** An image for which there is nothing to do. */
export function unchangedDocument({ reference, imageId, reason }: NothingToDo): JsonDocument {
  return { reference, outcome: 'unchanged', reason, before: { imageId }, after: { imageId } };
}

function stateDocument({ imageId, diffIds, chainIds }: ImageState): JsonDocument {
  return { imageId, diffIds, chainIds };
}

/** A finding, and what follows from it. */
export function findingDocument(finding: Finding, allowed: ReadonlySet<string>): JsonDocument {
  const { check, severity, message, why, hint, path, layers } = finding;
  return {
    check,
    severity,
    message,
    why: why ?? null,
    hint: hint ?? null,
    path: path === undefined ? null : textOfBytes(path),
    layers,
    refuses: refuses(finding, allowed),
    allowed: allowed.has(check),
  };
}
