import { isatty } from 'node:tty';
import type { Progress, StepEnd } from '../domain/progress.ts';
import {
  isUtf8Locale,
  logLines,
  NO_DISPLAY,
  progressOn,
  taskList,
  type ProgressDisplay,
} from './progress.ts';

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
  /** Steps that change something: each leaves a line on stderr. */
  readonly progress: Progress;
  /** Steps before a result: shown on stderr while they last. */
  readonly waiting: Progress;
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
/** Its descriptor: `process.stdin` opens it. */
const STDIN = 0;

/** There is one stderr, whoever writes to it. */
let display: ProgressDisplay = NO_DISPLAY;

export function terminalFor(options: TerminalOptions): Terminal {
  const { json, quiet } = options;
  display = displayFor(options);
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
    canAsk: options.input && !quiet && isatty(STDIN),
    result: (text) => {
      endProgress('done');
      process.stdout.write(text);
    },
    talk: (text) => {
      endProgress('done');
      if (!quiet) process.stderr.write(text);
    },
    progress: progressOn(display, true),
    waiting: progressOn(display, false),
    confirm: async (question) => {
      endProgress('done');
      const { askYesNo } = await import('./ask-yes-no.ts');
      return askYesNo(question);
    },
  };
}

/** Ends the step that is shown, before anything else is written. */
export function endProgress(how: StepEnd): void {
  display.end(how);
}

function displayFor({ json, quiet, color }: TerminalOptions): ProgressDisplay {
  if (quiet) return NO_DISPLAY;
  const { stderr, env } = process;
  const output = {
    write: (text: string) => {
      stderr.write(text);
    },
    columns: () => (stderr.isTTY && stderr.columns > 0 ? stderr.columns : DEFAULT_WIDTH),
    now: () => process.uptime() * 1000,
  };
  if (json || !stderr.isTTY || env['TERM'] === 'dumb') return logLines(output);
  return taskList(output, { color: usesColor(color, stderr), utf8: isUtf8Locale(env) });
}

/** NO_COLOR (no-color.org) and TERM=dumb switch `auto` off. */
function usesColor(color: string, stream: NodeJS.WriteStream): boolean {
  if (color !== 'auto') return color === 'always';
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}
