import { toJsonText, type JsonDocument } from '../render/json-document.ts';
import type { Terminal } from './terminal.ts';

/** What a command has to say, in each form in which it can be asked for. */
export interface Result {
  /** With --json. */
  readonly document: () => JsonDocument;
  readonly text: () => string;
  /** With -q: one a line. */
  readonly ids: () => string;
}

/** Prints it in the form that was asked for; --json goes before -q. */
export function showResult(terminal: Terminal, { document, text, ids }: Result): void {
  if (terminal.json) terminal.result(toJsonText(document()));
  else terminal.result(terminal.quiet ? ids() : text());
}
