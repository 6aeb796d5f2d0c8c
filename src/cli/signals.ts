/**
 * SIGINT, SIGTERM and SIGHUP do not end the program: they are remembered, and the run ends at its
 * next safe point. Between dockerd's stop and start there is none.
 */
import { constants } from 'node:os';
import { RebaseError } from '../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof SIGNALS)[number];

let received: EndSignal | undefined;
const listeners = new Set<() => void>();

/** Begins to catch the signals. */
export function catchSignals(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      interrupted(signal);
    });
  }
}

/** Remembers a signal and tells who waits for one. */
export function interrupted(signal: EndSignal): void {
  received ??= signal;
  for (const listener of listeners) listener();
}

/** Calls back when a signal comes; the returned function forgets it. */
export function onSignal(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function currentSignal(): EndSignal | undefined {
  return received;
}

/** Throws INTERRUPTED when a signal has come: a safe point. */
export function checkpoint(): void {
  if (received === undefined) return;
  throw new RebaseError('INTERRUPTED', `ended by ${received}; nothing was changed`);
}

/** 129, 130 or 143: what a shell would say of a process that the signal ended. */
export function signalExitCode(): number {
  return 128 + constants.signals[received ?? 'SIGINT'];
}
