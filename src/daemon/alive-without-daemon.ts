import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { foldersIn, readText } from '../store/read-file.ts';
import { isRecord, numberOr, recordOr, textOr, type ForeignRecord } from './foreign-json.ts';
import { linkOf, processIds, textOf, type ProcOptions } from './proc.ts';

/** What lives on a data-root although its dockerd may be gone. */
export interface AliveOnRoot {
  /** Overlay mounts of containers: mount points, or the upper directory of one mounted elsewhere. */
  readonly mounts: readonly string[];
  readonly containers: readonly {
    readonly id: string;
    readonly name: string;
    readonly pid: number;
  }[];
}

/**
 * Takes a data-root and dockerd's folder of containers (absolute paths), returns the containers that
 * are mounted or run on it. With live-restore, and after a kill -9 of dockerd, they live on while every
 * lock is free (store.md §3). Looks into the mount namespace of every process.
 */
export function findAlive(
  dataRoot: string,
  containersFolder: string,
  { procPath = '/proc' }: ProcOptions = {},
): AliveOnRoot {
  const overlay = `${existsSync(dataRoot) ? realpathSync(dataRoot) : dataRoot}/overlay2/`;
  return {
    mounts: [...mountsBelow(overlay, procPath)].sort(),
    containers: readConfigs(containersFolder).flatMap((config) => {
      const state = recordOr(config, 'State');
      const pid = numberOr(state, 'Pid');
      const id = textOr(config, 'ID');
      if (state['Running'] !== true && state['Paused'] !== true) return [];
      if (pid === 0 || !isProcessOf(id, join(procPath, String(pid)), overlay)) return [];
      return [{ id, name: textOr(config, 'Name').replace(/^\//, ''), pid }];
    }),
  };
}

/** One line of mountinfo (proc_pid_mountinfo(5)), as far as it is used. */
interface MountLine {
  /** The folder of the source file system that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** `upperdir=` of an overlay mount. */
  readonly upper: string | undefined;
}

/** Takes the text of a mountinfo file, returns its mounts with \040-like escapes resolved. */
export function mountLines(text: string): MountLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const [root, mountPoint] = [fields[3], fields[4]];
    if (root === undefined || mountPoint === undefined) return [];
    const options = fields.at(-1)?.split(',') ?? [];
    const upper = options.find((option) => option.startsWith('upperdir='));
    return [
      {
        root: unescaped(root),
        mountPoint: unescaped(mountPoint),
        upper: upper === undefined ? undefined : unescaped(upper.slice('upperdir='.length)),
      },
    ];
  });
}

function mountsBelow(overlay: string, procPath: string): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const pid of processIds(procPath)) {
    const folder = join(procPath, String(pid));
    // One text per mount namespace: hundreds of processes share the host's.
    const namespace = linkOf(join(folder, 'ns', 'mnt')) ?? folder;
    if (seen.has(namespace)) continue;
    const text = textOf(join(folder, 'mountinfo'));
    if (text === undefined) continue;
    seen.add(namespace);
    for (const mount of mountLines(text)) {
      // Inside a container its own root is mounted at "/": only the upper directory tells.
      const path = [mount.mountPoint, mount.upper].find((each) => each?.startsWith(overlay));
      if (path !== undefined) found.add(path);
    }
  }
  return dropTwins(found);
}

/** A container shows up twice: as `<id>/merged` on the host, as upper `<id>/diff` in itself. */
function dropTwins(paths: Set<string>): Set<string> {
  return new Set(
    [...paths].filter(
      (path) => !path.endsWith('/diff') || !paths.has(path.replace(/diff$/, 'merged')),
    ),
  );
}

function readConfigs(folder: string): ForeignRecord[] {
  return foldersIn(folder).flatMap((id) => {
    try {
      const config: unknown = JSON.parse(readText(join(folder, id, 'config.v2.json')) ?? 'null');
      return isRecord(config) ? [config] : [];
    } catch {
      // A torn config belongs to a container that dockerd cannot start either; doctor reports it.
      return [];
    }
  });
}

/**
 * After a crash of the host the pid in the config may belong to anybody: it counts when its cgroup
 * names the container or its root is an overlay of this data-root, and when neither can be read.
 */
function isProcessOf(id: string, folder: string, overlay: string): boolean {
  if (!existsSync(folder)) return false;
  const cgroup = textOf(join(folder, 'cgroup'));
  const mounts = textOf(join(folder, 'mountinfo'));
  if (cgroup === undefined && mounts === undefined) return existsSync(folder);
  if (id !== '' && cgroup?.includes(id) === true) return true;
  return mountLines(mounts ?? '').some(
    (mount) => mount.mountPoint === '/' && mount.upper?.startsWith(overlay) === true,
  );
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
}
