import type { RestartQuestion } from '../api/restart-daemon.ts';
import { renderRestartQuestion } from '../render/restart-text.ts';
import type { Terminal } from './terminal.ts';

/** Shows what a restart does, and asks for it. */
export async function askRestart(terminal: Terminal, question: RestartQuestion): Promise<boolean> {
  terminal.talk(renderRestartQuestion(question, terminal.talkPage));
  return terminal.confirm('Restart dockerd now? [y/N] ');
}
