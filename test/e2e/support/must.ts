import { spawnSync } from 'node:child_process';

/** Runs a program to its end and gives what it printed, as latin1. Throws when it fails. */
export function must(file: string, args: readonly string[], input = Buffer.alloc(0)): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    input,
    maxBuffer: 2 ** 30,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`${file}: ${(stderr as Buffer | null)?.toString() ?? ''}`, { cause: error });
  }
  return stdout.toString('latin1');
}
