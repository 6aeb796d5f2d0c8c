import { exitCodeOf, type RebaseError } from '../errors.ts';
import { renderError } from '../render/error-text.ts';
import { toJsonText, type JsonDocument } from '../render/json-document.ts';
import { refusedDocument } from '../render/outcome-json.ts';
import type { Terminal } from './terminal.ts';

/** What is thought of a rebase, in each form in which it can be asked for. */
export interface Judgement {
  readonly document: () => JsonDocument;
  readonly text: () => string;
  /** With -q. */
  readonly brief: () => string;
  readonly refusal: RebaseError | undefined;
}

/** Prints it, and what refuses the rebase, once; the exit code says the same. */
export function showJudgement(
  terminal: Terminal,
  { document, text, brief, refusal }: Judgement,
): number {
  if (terminal.json) {
    const shown = refusal === undefined ? document() : refusedDocument(document(), refusal);
    terminal.result(toJsonText(shown));
  } else {
    terminal.result(terminal.quiet ? brief() : text());
  }
  if (refusal === undefined) return 0;
  terminal.talk(renderError(refusal, { color: terminal.talkPage.color, debug: false }));
  return exitCodeOf(refusal.code);
}
