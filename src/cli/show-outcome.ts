import type { Outcome } from '../domain/report.ts';
import { toJsonText, type JsonDocument } from '../render/json-document.ts';
import { outcomeDocument } from '../render/outcome-json.ts';
import { renderOutcome } from '../render/outcome-text.ts';
import type { Terminal } from './terminal.ts';

/** Prints what was done: text, IDs only, or JSON together with the plan's document. */
export function showOutcome(terminal: Terminal, outcome: Outcome, plan: JsonDocument = {}): void {
  if (terminal.json) {
    terminal.result(toJsonText({ ...plan, ...outcomeDocument(outcome) }));
  } else if (terminal.quiet) {
    terminal.result(outcome.images.map(({ after }) => `${after}\n`).join(''));
  } else if (outcome.changed) {
    terminal.result(renderOutcome(outcome, terminal.page));
  }
}
