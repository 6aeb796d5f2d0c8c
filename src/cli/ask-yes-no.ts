/** In a file of its own: most runs ask nothing, and Node's readline takes its time to load. */
import { createInterface } from 'node:readline/promises';
import { end, endSignal } from './signals.ts';

/** Asks on stderr; y and yes are yes. Throws INTERRUPTED when a signal comes first. */
export async function askYesNo(question: string): Promise<boolean> {
  const over = new AbortController();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in readline's hands turns Ctrl-C into this event instead of a signal.
  lines.on('SIGINT', () => {
    end('SIGINT');
  });
  lines.on('close', () => {
    over.abort();
  });
  try {
    const signal = AbortSignal.any([over.signal, endSignal]);
    const answer = await lines.question(question, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!over.signal.aborted && !endSignal.aborted) throw error;
    process.stderr.write('\n');
    endSignal.throwIfAborted();
    return false;
  } finally {
    lines.close();
  }
}
