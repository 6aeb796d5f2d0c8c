import { readHostText } from './read-file.ts';

/** A moment on the clock that process start times are counted on. */
export interface BootTime {
  /** Changes with every boot of the host. */
  readonly bootId: string;
  /** Milliseconds since that boot, to 10 ms. */
  readonly uptimeMs: number;
}

/** Now, in the terms of proc(5): /proc/sys/kernel/random/boot_id and /proc/uptime. */
export function bootTime(): BootTime {
  const [seconds = '0'] = (readHostText('/proc/uptime') ?? '').split(' ');
  return {
    bootId: (readHostText('/proc/sys/kernel/random/boot_id') ?? '').trim(),
    uptimeMs: Math.round(Number(seconds) * 1000),
  };
}
