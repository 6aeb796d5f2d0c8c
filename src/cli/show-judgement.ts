import { exitCodeOf, type RebaseError } from '../errors.ts';
import { renderError } from '../render/error-text.ts';
import { refusedDocument } from '../render/outcome-json.ts';
import { showResult, type Result } from './show-result.ts';
import type { Terminal } from './terminal.ts';

/** What is thought of a rebase. */
export interface Judgement extends Result {
  readonly refusal: RebaseError | undefined;
}

/** Prints it, and what refuses the rebase, once; the exit code says the same. */
export function showJudgement(
  terminal: Terminal,
  { document, text, ids, refusal }: Judgement,
): number {
  showResult(terminal, {
    document: () => (refusal === undefined ? document() : refusedDocument(document(), refusal)),
    text,
    ids,
  });
  if (refusal === undefined) return 0;
  terminal.talk(renderError(refusal, { color: terminal.talkPage.color, debug: false }));
  return exitCodeOf(refusal.code);
}
