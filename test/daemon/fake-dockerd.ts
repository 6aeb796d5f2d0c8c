import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process that holds dockerd's lock and, where a socket is given, answers pings: node's arguments. */
export function fakeDockerdArgs(lockPath: string, socketPath?: string): string[] {
  const program = `
    const { openSync, mkdirSync } = require('node:fs');
    const { spawnSync } = require('node:child_process');
    const { dirname } = require('node:path');
    const [lock, socket] = process.argv.slice(1);
    mkdirSync(dirname(lock), { recursive: true });
    const fd = openSync(lock, 'a+');
    const { status } = spawnSync('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    if (status !== 0) process.exit(1);
    const server = require('node:http').createServer((_, answer) => answer.end('OK'));
    server.listen(socket ?? 0, () => process.stdout.write('up\\n'));
    process.on('SIGTERM', () => process.exit(0));
  `;
  return ['-e', program, lockPath, ...(socketPath === undefined ? [] : [socketPath])];
}

/** Runs one until the test ends it; resolves when it holds the lock. */
export async function startFakeDockerd(
  lockPath: string,
  socketPath?: string,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, fakeDockerdArgs(lockPath, socketPath), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Ends one and waits for its end. */
export async function stopFakeDockerd(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
