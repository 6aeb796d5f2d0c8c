/**
 * SIGINT, SIGTERM and SIGHUP do not end a command that writes: they end its stage, which takes back
 * what it wrote; from the first rename on, and between dockerd's stop and start, the run goes on to
 * its end.
 */
import { constants } from 'node:os';
import { RebaseError } from '../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof SIGNALS)[number];

const controller = new AbortController();
let received: EndSignal | undefined;

/** Aborted, with an INTERRUPTED error as its reason, when the first signal comes. */
export const endSignal: AbortSignal = controller.signal;

/** Begins to catch the signals; until then they end the program as usual. */
export function catchSignals(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      end(signal);
    });
  }
}

/** What a signal does once it is caught; also for a Ctrl-C that a prompt has read as a key. */
export function end(signal: EndSignal): void {
  received ??= signal;
  controller.abort(new RebaseError('INTERRUPTED', `ended by ${received}; nothing was changed`));
}

/** 129, 130 or 143: what a shell says of a process that the signal ended. */
export function signalExitCode(): number {
  return 128 + constants.signals[received ?? 'SIGINT'];
}
