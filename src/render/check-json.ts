import { verdictOf, worstOf } from '../domain/finding.ts';
import { rebasesOf } from '../domain/plan.ts';
import type { CheckReport } from '../domain/report.ts';
import { judgedDocument, unchangedDocument } from './judged-json.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { hostDocument } from './plan-json.ts';

/** A CheckReport as JSON document; `verdict` is that of all images together. */
export function checkDocument(report: CheckReport): JsonDocument {
  const { plan } = report;
  return {
    ...documentHead('check'),
    host: hostDocument(report),
    verdict: worstOf(rebasesOf(plan).map(({ findings, allowed }) => verdictOf(findings, allowed))),
    images: plan.images.map((image) =>
      image.kind === 'nothing' ? unchangedDocument(image) : judgedDocument(image),
    ),
  };
}
