import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { RebaseError } from '../errors.ts';
import { layoutOf } from '../store/layout.ts';
import { mountLines } from './alive-without-daemon.ts';
import { configFileOf, DEFAULT_CONFIG_FILE } from './dockerd-argv.ts';
import type { RunningDockerd } from './dockerd-process.ts';
import { isRecord } from './foreign-json.ts';
import { ownContainer } from './own-container.ts';
import { linkOf, textOf } from './proc.ts';
import type { RunTool } from './run-tool.ts';

/** A reason why a restart of dockerd may not go as expected. */
export interface RestartHazard {
  /**
   * daemon-json: dockerd would not start with this file. newer-dockerd: another dockerd than the
   * running one would start. overlay-mount: dockerd would start without its layers.
   * inside-container: the restart would end this very process.
   */
  readonly kind: 'daemon-json' | 'newer-dockerd' | 'overlay-mount' | 'inside-container';
  /** One line. */
  readonly message: string;
}

export interface HazardFacts {
  /** The store's root: the data-root, or its `<uid>.<gid>` folder under userns-remap. */
  readonly root: string;
  readonly dockerd: RunningDockerd;
  /** `ServerVersion` of the running dockerd. */
  readonly serverVersion: string;
  /** The ids of all containers of this daemon. */
  readonly containerIds: readonly string[];
  readonly run: RunTool;
  /** `/proc` by default. */
  readonly procPath?: string;
}

/**
 * Takes what is known of the running dockerd, returns what speaks against stopping it, worst last;
 * empty when nothing does. Changes nothing; the caller decides (DESIGN.md §8).
 */
export async function restartHazards(facts: HazardFacts): Promise<RestartHazard[]> {
  const { dockerd, containerIds, procPath = '/proc' } = facts;
  const config = configProblem(dockerd.argv ?? []);
  const binary = await binaryProblem(facts);
  const mount = mountProblem(facts);
  const container = ownContainer(containerIds, { procPath });
  const hazards: RestartHazard[] = [];
  if (binary !== undefined) hazards.push({ kind: 'newer-dockerd', message: binary });
  if (config !== undefined) hazards.push({ kind: 'daemon-json', message: config });
  if (mount !== undefined) hazards.push({ kind: 'overlay-mount', message: mount });
  if (container !== undefined) {
    const message = `this process runs in container ${container.slice(0, 12)} of the daemon to restart`;
    hazards.push({ kind: 'inside-container', message });
  }
  return hazards;
}

/** moby daemon/config/config.go: getConflictFreeConfiguration, findConfigurationConflicts. */
function configProblem(argv: readonly string[]): string | undefined {
  const path = configFileOf(argv);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    // Only the default file may be absent.
    return code === 'ENOENT' && path === DEFAULT_CONFIG_FILE ? undefined : `${path}: ${code}`;
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    return `${path} is not JSON: ${error instanceof Error ? error.message : 'cannot be parsed'}`;
  }
  if (!isRecord(config)) return `${path} is not a JSON object`;
  const twice = Object.keys(config).filter((key) => isFlagToo(key, argv));
  return twice.length === 0
    ? undefined
    : `${path} sets what dockerd's flags set too, which dockerd refuses: ${twice.join(', ')}`;
}

/** The members of daemon.json whose flag has another name, and the flags that have a short one. */
const FLAG_OF: Readonly<Record<string, readonly [string, string?]>> = {
  hosts: ['host', 'H'],
  labels: ['label'],
  'registry-mirrors': ['registry-mirror'],
  'insecure-registries': ['insecure-registry'],
  'storage-opts': ['storage-opt'],
  'exec-opts': ['exec-opt'],
  'log-opts': ['log-opt'],
  'storage-driver': ['storage-driver', 's'],
  'log-level': ['log-level', 'l'],
  debug: ['debug', 'D'],
  group: ['group', 'G'],
  bridge: ['bridge', 'b'],
};

function isFlagToo(key: string, argv: readonly string[]): boolean {
  const [long, short] = FLAG_OF[key] ?? [key];
  return argv.some(
    (argument) =>
      argument === `--${long}` ||
      argument.startsWith(`--${long}=`) ||
      (short !== undefined && argument.startsWith(`-${short}`)),
  );
}

/** moby daemon/graphdriver/overlay2/overlay.go: Cleanup unmounts the folder and all below it. */
function mountProblem({ root, dockerd, procPath = '/proc' }: HazardFacts): string | undefined {
  const mounts = textOf(join(procPath, String(dockerd.pid ?? 'self'), 'mountinfo')) ?? '';
  const { overlay } = layoutOf(root);
  // Docker before 19.03 binds the folder to itself, which nothing is behind.
  const isOwn = mountLines(mounts).some(
    (mount) =>
      mount.mountPoint === overlay && (mount.root === '/' || !overlay.endsWith(mount.root)),
  );
  return isOwn ? `${overlay} is a mount of its own, which dockerd unmounts as it stops` : undefined;
}

/** Compares the running program with the file of its name: the file alone is replaced by an upgrade. */
async function binaryProblem(facts: HazardFacts): Promise<string | undefined> {
  const { dockerd, serverVersion, run, procPath = '/proc' } = facts;
  if (dockerd.pid === undefined) return undefined;
  const process = join(procPath, String(dockerd.pid));
  const exe = linkOf(join(process, 'exe'));
  if (exe === undefined) return undefined;
  const path = exe.replace(/ \(deleted\)$/, '');
  const running = statSync(join(process, 'exe'), { throwIfNoEntry: false });
  // Through the process's own root: it may see other files under that name than we do.
  const installed = statSync(join(process, 'root', path), { throwIfNoEntry: false });
  if (installed === undefined)
    return `${path}, which the running dockerd was started from, is gone`;
  if (running?.ino === installed.ino && running.dev === installed.dev) return undefined;
  const version = await versionOf(path, run);
  if (version === serverVersion) return undefined;
  return `dockerd ${serverVersion} runs, and ${path} is now ${version ?? 'another file'}`;
}

/** `Docker version 20.10.24+dfsg1, build 5d6db84`. */
async function versionOf(path: string, run: RunTool): Promise<string | undefined> {
  try {
    const { code, stdout } = await run(path, ['--version']);
    return code === 0 ? /version ([^,\s]+)/.exec(stdout)?.[1] : undefined;
  } catch (error) {
    if (error instanceof RebaseError) return undefined;
    throw error;
  }
}
