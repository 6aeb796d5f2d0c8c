import type { Outcome, PlanReport } from '../domain/report.ts';
import { outcomeIds } from '../render/id-lines.ts';
import { appliedDocument, outcomeDocument } from '../render/outcome-json.ts';
import { renderOutcome } from '../render/outcome-text.ts';
import { showResult } from './show-result.ts';
import type { Terminal } from './terminal.ts';

/** Prints what was done: text, IDs only, or JSON, where there was a plan together with it. */
export function showOutcome(terminal: Terminal, outcome: Outcome, report?: PlanReport): void {
  showResult(terminal, {
    document: () =>
      report === undefined ? outcomeDocument(outcome) : appliedDocument(report, outcome),
    // The plan has said already that there is nothing to do.
    text: () => (outcome.changed ? renderOutcome(outcome, terminal.page, report?.failures) : ''),
    ids: () => outcomeIds(outcome),
  });
}
