/** A docker-registry (Debian's package) on the loopback interface for tests of push and pull. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sweepFolder, tempFolder } from './cleanup.ts';
import { neutralEnv } from './engine.ts';

/** A running registry. Docker trusts 127.0.0.0/8 without TLS, so engines need no setting. */
export interface Registry {
  /** `127.0.0.1:PORT`: what a repository's name begins with. */
  readonly host: string;
  /** Stops it and removes its storage. */
  readonly stop: () => Promise<void>;
}

/** Starts an empty registry on a free port and waits until it answers. */
export async function startRegistry(): Promise<Registry> {
  const folder = tempFolder();
  for (let attempt = 1; ; attempt += 1) {
    const host = `127.0.0.1:${await freePort()}`;
    const child = launch(folder, host);
    const up = await answers(host, child);
    if (up) return { host, stop: () => stop(child, folder) };
    await stop(child, undefined);
    // Somebody else may have taken the port in between.
    if (attempt === 3) {
      const log = readFileSync(join(folder, 'registry.log'), 'utf8');
      sweepFolder(folder);
      throw new Error(`docker-registry does not start:\n${log.slice(-4000)}`);
    }
  }
}

function launch(folder: string, host: string): ChildProcess {
  const config = join(folder, 'config.yml');
  const storage = join(folder, 'storage');
  writeFileSync(
    config,
    `version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: ${JSON.stringify(storage)} }
  delete: { enabled: true }
http: { addr: "${host}" }
`,
  );
  const log = openSync(join(folder, 'registry.log'), 'a');
  const child = spawn('docker-registry', ['serve', config], {
    env: neutralEnv(),
    stdio: ['ignore', log, log],
  });
  // A missing program shows as "does not start"; unheard, the event would end the process.
  child.on('error', (error) => {
    writeFileSync(join(folder, 'registry.log'), `${error.message}\n`, { flag: 'a' });
  });
  closeSync(log);
  return child;
}

async function answers(host: string, child: ChildProcess): Promise<boolean> {
  for (let round = 0; round < 2400; round += 1) {
    if (child.pid === undefined || hasEnded(child)) return false;
    try {
      const response = await fetch(`http://${host}/v2/`);
      await response.body?.cancel();
      if (response.ok && response.headers.has('docker-distribution-api-version')) return true;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

async function stop(child: ChildProcess, folder: string | undefined): Promise<void> {
  if (child.pid !== undefined && !hasEnded(child)) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL'); // It keeps nothing that outlives the test.
    await ended;
  }
  if (folder !== undefined) sweepFolder(folder);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
