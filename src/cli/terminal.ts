import { createInterface } from 'node:readline/promises';
import { oneLine } from '../render/printable.ts';
import { end, endSignal } from './signals.ts';

/** Where a command prints and asks: results on stdout, talk on stderr. */
export interface Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  /** For what goes to stdout. */
  readonly page: PageStyle;
  /** For what goes to stderr. */
  readonly talkPage: PageStyle;
  /** Whether somebody is there to answer. */
  readonly canAsk: boolean;
  readonly result: (text: string) => void;
  readonly talk: (text: string) => void;
  readonly progress: (what: string) => void;
  /** Asks a yes-no question; no is the default. Throws INTERRUPTED when a signal comes first. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface PageStyle {
  readonly color: boolean;
  readonly width: number;
  readonly noTrunc: boolean;
}

export interface TerminalOptions {
  readonly color: string;
  readonly noTrunc: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly input: boolean;
}

const DEFAULT_WIDTH = 80;

export function terminalFor(options: TerminalOptions): Terminal {
  const { json, quiet } = options;
  const pageFor = (stream: NodeJS.WriteStream): PageStyle => ({
    color: usesColor(options.color, stream),
    width: stream.isTTY ? Math.max(stream.columns, DEFAULT_WIDTH) : DEFAULT_WIDTH,
    noTrunc: options.noTrunc,
  });
  return {
    json,
    quiet,
    page: pageFor(process.stdout),
    talkPage: pageFor(process.stderr),
    // With -q nobody sees what the question is about.
    canAsk: options.input && !quiet && process.stdin.isTTY,
    result: (text) => {
      process.stdout.write(text);
    },
    talk: (text) => {
      if (!quiet) process.stderr.write(text);
    },
    progress: (what) => {
      if (!quiet) process.stderr.write(`  ${oneLine(what)}\n`);
    },
    confirm,
  };
}

/** NO_COLOR (no-color.org) and TERM=dumb switch `auto` off. */
function usesColor(color: string, stream: NodeJS.WriteStream): boolean {
  if (color !== 'auto') return color === 'always';
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

async function confirm(question: string): Promise<boolean> {
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
