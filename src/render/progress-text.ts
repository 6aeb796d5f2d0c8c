/**
 * Steps of long work as lines: of a task list on a terminal, or of a log.
 */
import picocolors from 'picocolors';
import type { StepEnd, StepProgress } from '../domain/progress.ts';
import { cutEnd, displayWidth } from './display-width.ts';
import { durationText } from './duration.ts';
import { humanSize } from './human-size.ts';
import { oneLine } from './printable.ts';

/** A step that goes on. Times are milliseconds of any one clock. */
export interface RunningStep {
  readonly what: string;
  readonly startedAt: number;
  readonly done: StepProgress | undefined;
}

export interface EndedStep extends RunningStep {
  readonly endedAt: number;
  readonly how: StepEnd;
}

/** What `Progress` is told, and when. */
export interface StepNews {
  readonly what: string;
  readonly done?: StepProgress | StepEnd | undefined;
  readonly at: number;
}

/** What news make of the step that is running: what ends by them, and what runs then. */
export function afterNews(
  running: RunningStep | undefined,
  { what, done, at }: StepNews,
): { readonly ended: EndedStep | undefined; readonly running: RunningStep | undefined } {
  const same = running?.what === what;
  const step = same ? running : { what, startedAt: at, done: undefined };
  if (typeof done === 'string') return { ended: ended(step, at, done), running: undefined };
  return {
    ended: same || running === undefined ? undefined : ended(running, at, 'done'),
    running: { ...step, done: done ?? step.done },
  };
}

export function ended(step: RunningStep, endedAt: number, how: StepEnd): EndedStep {
  return { ...step, endedAt, how };
}

/** What a task list is drawn with. */
export interface ListStyle {
  readonly color: boolean;
  /** Whether the terminal can show more than ASCII. */
  readonly utf8: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const SIGNS = {
  utf8: { done: '✓', failed: '✗', full: '█', empty: '░', spin: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' },
  ascii: { done: '+', failed: 'x', full: '#', empty: '.', spin: '|/-\\' },
} as const;

/** A spinner's turn takes about a second. */
const FRAME_MS = 100;
const BAR = 12;
/** Columns below which a step is not told any more for the sake of its numbers. */
const LEAST_WORDS = 16;

/** The line of a step that goes on: `  ⠹ clone 30 layers  █████░░░░░░░ 12/30  3.1 s`. */
export function runningLine(step: RunningStep, at: number, style: ListStyle): string {
  const { spin } = style.utf8 ? SIGNS.utf8 : SIGNS.ascii;
  const sign = spin.charAt(Math.floor(at / FRAME_MS) % spin.length);
  const time = durationText(at - step.startedAt);
  const numbers = step.done === undefined ? [] : numbersOf(step.done, at - step.startedAt);
  const bar = step.done === undefined ? [] : [barOf(step.done, style)];
  const paint = picocolors.createColors(style.color);
  return lineOf(step, style, {
    sign: paint.cyan(sign),
    ends: [[...bar, ...numbers, time], [...numbers, time], [time]],
  });
}

/** The line that a step leaves behind: `  ✓ clone 30 layers  3.4 s`. */
export function endedLine(step: EndedStep, style: ListStyle): string {
  const { done, failed } = style.utf8 ? SIGNS.utf8 : SIGNS.ascii;
  const paint = picocolors.createColors(style.color);
  return lineOf(step, style, {
    sign: step.how === 'failed' ? paint.red(failed) : paint.green(done),
    ends: [[durationText(step.endedAt - step.startedAt)]],
  });
}

/** A step as a log shows it when it begins. */
export function logLine({ what }: RunningStep): string {
  return `  ${oneLine(what)}`;
}

/** How far a step is, for a log: `  clone 30 layers: 40 % (12 of 30 layers)`. */
export function logProgressLine(step: RunningStep, { done, total, unit }: StepProgress): string {
  const count =
    unit === 'bytes' ? `${humanSize(done)} of ${humanSize(total)}` : `${done} of ${total} ${unit}`;
  return `${logLine(step)}: ${Math.floor(shareOf({ done, total, unit }) * 100)} % (${count})`;
}

/**
 * One line that is no wider than the terminal: of its possible ends the first that leaves room for
 * the words, which are cut. A line that filled the last column would wrap on some terminals.
 */
function lineOf(
  { what }: RunningStep,
  { width, color }: ListStyle,
  { sign, ends }: { sign: string; ends: readonly (readonly string[])[] },
): string {
  const words = oneLine(what);
  const room = width - 1 - '  x '.length;
  const least = Math.min(LEAST_WORDS, displayWidth(words));
  const texts = ends.map((parts) => `  ${parts.join('  ')}`);
  const end = texts.find((text) => room - displayWidth(text) >= least) ?? '';
  const paint = picocolors.createColors(color);
  return `  ${sign} ${cutEnd(words, Math.max(0, room - displayWidth(end)))}${paint.dim(end)}`;
}

function barOf(done: StepProgress, { utf8 }: ListStyle): string {
  const { full, empty } = utf8 ? SIGNS.utf8 : SIGNS.ascii;
  const filled = Math.floor(shareOf(done) * BAR);
  return full.repeat(filled) + empty.repeat(BAR - filled);
}

/** How much is done, and of bytes how fast. */
function numbersOf({ done, total, unit }: StepProgress, took: number): string[] {
  if (unit !== 'bytes') return [`${done}/${total}`];
  const count = `${humanSize(done)}/${humanSize(total)}`;
  return took < 1000 ? [count] : [count, `${humanSize((done * 1000) / took)}/s`];
}

function shareOf({ done, total }: StepProgress): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
}
