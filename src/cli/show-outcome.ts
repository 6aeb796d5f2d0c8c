import type { Outcome, PlanReport } from '../domain/report.ts';
import { toJsonText } from '../render/json-document.ts';
import { appliedDocument, outcomeDocument } from '../render/outcome-json.ts';
import { renderOutcome } from '../render/outcome-text.ts';
import type { Terminal } from './terminal.ts';

/** Prints what was done: text, IDs only, or JSON, where there was a plan together with it. */
export function showOutcome(terminal: Terminal, outcome: Outcome, report?: PlanReport): void {
  if (terminal.json) {
    const document =
      report === undefined ? outcomeDocument(outcome) : appliedDocument(report, outcome);
    terminal.result(toJsonText(document));
  } else if (terminal.quiet) {
    terminal.result(outcome.images.map(({ after }) => `${after}\n`).join(''));
  } else if (outcome.changed) {
    terminal.result(renderOutcome(outcome, terminal.page));
  }
}
