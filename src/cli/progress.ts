/**
 * Shows on stderr what long work is at: a task list that is drawn in place on a terminal, lines in
 * a log.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Progress, StepEnd } from '../domain/progress.ts';
import { displayWidth } from '../render/display-width.ts';
import {
  afterNews,
  ended,
  endedLine,
  logLine,
  logProgressLine,
  runningLine,
  type EndedStep,
  type ListStyle,
  type RunningStep,
} from '../render/progress-text.ts';

/** Shows steps. A step that is not kept leaves no line behind: what follows says as much. */
export interface ProgressDisplay {
  readonly show: (what: string, done: Parameters<Progress>[1], keep: boolean) => void;
  /** Ends the step that is running, if one is, so that other text can follow. */
  readonly end: (how: StepEnd) => void;
}

/** Where lines go, and the clock; a terminal also says how wide it is. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Shows nothing: -q. */
export const NO_DISPLAY: ProgressDisplay = { show: () => undefined, end: () => undefined };

/** Time between two redraws. */
const REDRAW_MS = 100;
/** Time after which a log is told how far a long step is. */
const LOG_MS = 10_000;

/**
 * A task list. The cursor always rests at the start of the line below it, so that whatever ends the
 * program, and whoever else writes, finds a line of its own; nothing is ever to be restored.
 */
export function taskList(output: ProgressOutput, look: Omit<ListStyle, 'width'>): ProgressDisplay {
  let step: RunningStep | undefined;
  let kept = true;
  let drawnAt = 0;
  /** Columns of the line that is drawn and will be drawn over. */
  let drawn: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** Draws over the line that is drawn, and over what was typed below it. */
  const put = (line: string): void => {
    output.write(`${backOver(drawn, output.columns())}${line}${ERASE_LINE}\n${ERASE_BELOW}`);
  };
  const style = (): ListStyle => ({ ...look, width: output.columns() });
  const draw = (): void => {
    if (step === undefined) return;
    const at = output.now();
    const line = runningLine(step, at, style());
    put(line);
    drawn = displayWidth(stripVTControlCharacters(line));
    drawnAt = at;
  };
  const leave = (last: EndedStep): void => {
    clearInterval(timer);
    if (kept) put(endedLine(last, style()));
    else if (drawn !== undefined) {
      put('');
      output.write(UP);
    }
    drawn = undefined;
  };

  return {
    show(what, done, keep) {
      const next = afterNews(step, { what, done, at: output.now() });
      if (next.ended !== undefined) leave(next.ended);
      const begins = next.running !== undefined && next.running.what !== step?.what;
      step = next.running;
      kept = keep;
      if (begins) {
        timer = setInterval(draw, REDRAW_MS);
        // A picture must not keep the program alive.
        timer.unref();
      }
      // Work that leaves the event loop no turn is drawn by what it tells.
      if (begins || output.now() - drawnAt >= REDRAW_MS) draw();
    },
    end(how) {
      if (step !== undefined) leave(ended(step, output.now(), how));
      step = undefined;
    },
  };
}

const UP = '\x1b[1A';
const ERASE_LINE = '\x1b[K';
/** Never sent from the first row, where some terminals would keep what is erased. */
const ERASE_BELOW = '\x1b[J';

/** Back to the first row of a line; a terminal that was made narrower has broken it into several. */
function backOver(drawn: number | undefined, columns: number): string {
  return drawn === undefined ? '' : `\x1b[${Math.max(1, Math.ceil(drawn / columns))}A\r`;
}

/** A line for each step that is kept, and for a long one how far it is, every ten seconds. */
export function logLines({ write, now }: Omit<ProgressOutput, 'columns'>): ProgressDisplay {
  let step: RunningStep | undefined;
  let toldAt = 0;
  return {
    show(what, done, keep) {
      const { running } = afterNews(step, { what, done, at: now() });
      const begins = running !== undefined && running.what !== step?.what;
      step = running;
      if (running === undefined) return;
      if (begins) toldAt = now();
      if (begins && keep) write(`${logLine(running)}\n`);
      if (running.done === undefined || now() - toldAt < LOG_MS) return;
      write(`${logProgressLine(running, running.done)}\n`);
      toldAt = now();
    },
    end() {
      step = undefined;
    },
  };
}

/** The port of a display, for steps that leave a line or for those that do not. */
export function progressOn({ show }: ProgressDisplay, keep: boolean): Progress {
  return (what, done) => {
    show(what, done, keep);
  };
}

/** Whether the locale lets a terminal show more than ASCII. Source: locale(7). */
export function isUtf8Locale(env: Readonly<Record<string, string | undefined>>): boolean {
  const names = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']];
  return /utf-?8/i.test(names.find((name) => name !== undefined && name !== '') ?? '');
}
