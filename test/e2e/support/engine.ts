/**
 * A dockerd of its own for a test: private data-root, exec-root and socket, no network, started
 * and stopped by two small shell scripts, which are also what `--stop-command` and
 * `--start-command` need. Root only.
 */
import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mountsBelow, processesNaming, sweepFolder, tempFolder } from './cleanup.ts';

/** What a finished command said, untouched; the status of a killed one is 128 + the signal. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EngineOptions {
  /** The folder that the engine's own folder is made in; for tests on another file system. */
  readonly root?: string;
  /** More arguments for dockerd; a `--storage-driver` here replaces overlay2. */
  readonly args?: readonly string[];
  /** The daemon.json of the first start. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** No `--storage-driver`: dockerd goes by daemon.json and by what it finds. */
  readonly driverUnsaid?: boolean;
  /** The key of daemon.json that names the data-root, in place of the flag. */
  readonly dataRootKey?: 'data-root' | 'graph';
  /** Another dockerd than the one in PATH (also from E2E_DOCKERD); its folder leads its PATH. */
  readonly daemon?: string;
  /** Another docker client than /usr/bin/docker (also from E2E_DOCKER). */
  readonly client?: string;
}

/** A private dockerd. Stopped and started as often as a test likes; `dispose` removes it all. */
export interface Engine {
  /** The folder that holds everything of this engine. */
  readonly folder: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  /** Path of the unix socket (without `unix://`). */
  readonly socket: string;
  /** The daemon.json that this engine reads at its next start; `{}` at first unless told. */
  readonly configFile: string;
  readonly logFile: string;
  /** The docker client that `docker` runs. */
  readonly client: string;
  /** The environment that `docker` runs in: DOCKER_HOST set, nothing of the user's Docker. */
  readonly env: Readonly<Record<string, string>>;
  /** A shell line that stops this dockerd and waits until it is gone. */
  readonly stopCommand: string;
  /** A shell line that starts this dockerd detached and waits until it answers. */
  readonly startCommand: string;
  /** The pid of the running dockerd; undefined when it is down. */
  readonly pid: number | undefined;
  /** Runs the docker client. @returns stdout without blanks at its ends @throws with stderr */
  readonly docker: (...args: string[]) => Promise<string>;
  /** Runs the docker client and never throws because of its exit status. */
  readonly dockerTry: (...args: string[]) => Promise<CommandResult>;
  /** Starts dockerd and waits until it answers; nothing when it runs. @throws with its log */
  readonly start: () => Promise<void>;
  /** Stops dockerd as a service manager would (SIGTERM) and waits; nothing when it is down. */
  readonly stop: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Kills dockerd (SIGKILL) and waits until it and its containerd are gone. */
  readonly kill: () => Promise<void>;
  /** Removes the containers, stops dockerd, and leaves no process, no mount and no file. */
  readonly dispose: () => Promise<void>;
}

/** Starts a new dockerd and waits until it answers. It is disposed at the end of the run. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const engine = defineEngine(options);
  try {
    await engine.start();
  } catch (error) {
    sweepFolder(engine.folder);
    throw error;
  }
  return engine;
}

/** Runs a program to its end, with text as its stdin (or none). */
export function execute(
  file: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly input?: string;
  } = {},
): Promise<CommandResult> {
  const { input, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { ...spawnOptions, maxBuffer: 1 << 30 },
      (error, stdout, stderr) => {
        const code: unknown = error?.code;
        if (error instanceof Error && typeof code !== 'number' && child.signalCode === null) {
          reject(error); // It did not even start.
          return;
        }
        const signal = child.signalCode === null ? 0 : 128 + osConstants.signals[child.signalCode];
        const status = typeof code === 'number' ? code : signal;
        resolve({ status, stdout, stderr });
      },
    );
    // A program that ends without reading its stdin is no failure of ours.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** The environment without anything that would lead docker or a proxy elsewhere. */
export function neutralEnv(): Record<string, string> {
  const foreign = /^(DOCKER_|BUILDKIT_|BUILDX_|REGISTRY_|COMPOSE_|(https?|no|all|ftp)_proxy$)/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || foreign.test(name) ? [] : [[name, value]],
    ),
  );
}

/** A word that a POSIX shell reads back unchanged. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function defineEngine(options: EngineOptions): Engine {
  const folder = tempFolder(options.root);
  // Under userns-remap, others than root have to reach the data-root.
  chmodSync(folder, 0o711);
  const dataRoot = join(folder, 'data');
  const execRoot = join(folder, 'exec');
  const socket = join(folder, 'docker.sock');
  const pidFile = join(folder, 'docker.pid');
  const containerdPidFile = join(execRoot, 'containerd/containerd.pid');
  const configFile = join(folder, 'daemon.json');
  const logFile = join(folder, 'dockerd.log');
  const client = options.client ?? process.env['E2E_DOCKER'] ?? preferredClient();
  const env = {
    ...neutralEnv(),
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: join(folder, 'client'),
  };

  const named = options.dataRootKey === undefined ? {} : { [options.dataRootKey]: dataRoot };
  writeFileSync(configFile, `${JSON.stringify({ ...options.config, ...named })}\n`);
  mkdirSync(env.DOCKER_CONFIG);
  const start = script('start-dockerd', startScript());
  const stop = script('stop-dockerd', stopScript());

  const engine: Engine = {
    folder,
    dataRoot,
    execRoot,
    socket,
    configFile,
    logFile,
    client,
    env,
    startCommand: quote(start),
    stopCommand: quote(stop),
    get pid() {
      return runningPid();
    },
    async docker(...args) {
      const result = await engine.dockerTry(...args);
      if (result.status !== 0) {
        throw new Error(`docker ${args.join(' ')}: exit ${result.status}\n${result.stderr.trim()}`);
      }
      return result.stdout.trim();
    },
    dockerTry: (...args) => execute(client, args, { env }),
    async start() {
      const { status, stderr } = await execute(start, [], { env: neutralEnv() });
      if (status === 0) return;
      const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
      throw new Error(`dockerd does not start: ${stderr.trim()}\n${log.slice(-8000)}`);
    },
    async stop() {
      const { status, stderr } = await execute(stop, [], { env: neutralEnv() });
      if (status !== 0) throw new Error(`dockerd does not stop: ${stderr.trim()}`);
    },
    async restart() {
      await engine.stop();
      await engine.start();
    },
    async kill() {
      const pid = runningPid();
      if (pid === undefined) return;
      process.kill(pid, 'SIGKILL');
      // Its containerd gets a signal from the kernel when dockerd dies: wait for both.
      for (let round = 0; runningPid() !== undefined || containerdRuns(); round += 1) {
        if (round > 2400) throw new Error(`dockerd ${pid} survives SIGKILL`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    async dispose() {
      if (!existsSync(folder)) return;
      if (runningPid() !== undefined) {
        // A process that ignores SIGTERM would hold up dockerd's own stop for ten seconds.
        const containers = await engine.dockerTry('ps', '-aq');
        const ids = containers.stdout.split('\n').filter(Boolean);
        if (ids.length > 0) await engine.dockerTry('rm', '-f', ...ids);
        await engine.stop();
      }
      sweepFolder(folder);
      const left = [...processesNaming(basename(folder)).map(String), ...mountsBelow(folder)];
      if (left.length > 0) throw new Error(`left after dispose: ${left.join(', ')}`);
    },
  };
  return engine;

  function runningPid(): number | undefined {
    if (!existsSync(pidFile)) return undefined;
    const pid = Number(readFileSync(pidFile, 'utf8'));
    // The file of a killed dockerd stays, and its number may be another process's by now.
    return processesNaming(pidFile).includes(pid) ? pid : undefined;
  }

  function containerdRuns(): boolean {
    return processesNaming(`${execRoot}/containerd/containerd.toml`).length > 0;
  }

  function daemonLine(): string {
    const daemon = options.daemon ?? process.env['E2E_DOCKERD'] ?? 'dockerd';
    const extra = options.args ?? [];
    return [
      daemon,
      ...['--config-file', configFile],
      ...(options.dataRootKey === undefined ? ['--data-root', dataRoot] : []),
      ...['--exec-root', execRoot],
      ...['--pidfile', pidFile],
      ...['-H', `unix://${socket}`],
      ...['--bridge', 'none'],
      '--iptables=false',
      '--ip-forward=false',
      // Docker 29 would take the containerd image store in an empty data-root.
      ...(options.driverUnsaid === true || extra.some((arg) => arg.startsWith('--storage-driver'))
        ? []
        : ['--storage-driver', 'overlay2']),
      // dockerd uses a containerd of the host when there is one: stay out of its "moby".
      ...(existsSync('/run/containerd/containerd.sock')
        ? [
            ...['--containerd-namespace', basename(folder)],
            ...['--containerd-plugins-namespace', `${basename(folder)}-plugins`],
          ]
        : []),
      ...extra,
    ]
      .map(quote)
      .join(' ');
  }

  function startScript(): string {
    const daemon = options.daemon ?? process.env['E2E_DOCKERD'];
    const path = daemon?.includes('/') ? `PATH=${quote(dirname(daemon))}:$PATH` : 'PATH=$PATH';
    // Debian's dockerd is in sbin, which an unprivileged-looking PATH (su without -) lacks.
    return `${path}:/usr/sbin:/sbin
if running; then exit 0; fi
# What a killed dockerd left: a pid that is a zombie or another process's stops the new one.
rm -f ${quote(pidFile)}
names ${quote(containerdPidFile)} containerd.toml || rm -f ${quote(containerdPidFile)}
DOCKER_MIN_API_VERSION=1.24 setsid ${daemonLine()} </dev/null >>${quote(logFile)} 2>&1 &
started=$!
tries=0
# dockerd takes connections early and answers when it is ready: one call is enough, then.
until timeout 60 ${quote(client)} -H ${quote(`unix://${socket}`)} version >/dev/null 2>&1; do
  kill -0 "$started" 2>/dev/null || { echo "dockerd ended" >&2; exit 1; }
  tries=$((tries + 1))
  [ "$tries" -lt 6000 ] || { echo "dockerd does not answer" >&2; exit 1; }
  sleep 0.05
done
`;
  }

  function stopScript(): string {
    return `running || exit 0
kill "$pid"
tries=0
while running; do
  tries=$((tries + 1))
  [ "$tries" -lt 6000 ] || { echo "dockerd $pid still runs" >&2; exit 1; }
  sleep 0.05
done
`;
  }

  function script(name: string, body: string): string {
    const path = join(folder, name);
    // A zombie counts as gone: the init of a container or a test machine may never reap it.
    const head = `#!/bin/sh
# ${name === 'start-dockerd' ? 'Starts' : 'Stops'} the private dockerd of this folder and waits for it.
names() {
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$2"
}
running() { names ${quote(pidFile)} ${quote(pidFile)}; }
`;
    writeFileSync(path, head + body);
    chmodSync(path, 0o755);
    return path;
  }
}

/** Debian's own client fits Debian's dockerd; another one may come first in PATH. */
function preferredClient(): string {
  try {
    accessSync('/usr/bin/docker', constants.X_OK);
    return '/usr/bin/docker';
  } catch {
    return 'docker';
  }
}
