/**
 * Records what each call to a Disk changes in a tree, and what each sync makes durable.
 */
import { hostDisk, type Disk } from '../../../src/apply/disk.ts';
import {
  pathsIn,
  readFileSystem,
  type FileSystem,
  type Inode,
  type InodeId,
} from './file-system.ts';

/** One change that a disk may carry out or lose as a whole. */
export type Change =
  /** A file's bytes, mode and owner, or a folder's mode and owner. */
  | { readonly kind: 'inode'; readonly id: InodeId; readonly inode: Inode; readonly path: string }
  /** Names in folders; a rename gives one and takes one. `undefined` takes a name away. */
  | {
      readonly kind: 'names';
      readonly names: readonly {
        readonly folder: InodeId;
        readonly name: string;
        readonly id: InodeId | undefined;
      }[];
      readonly path: string;
    };

export type Event =
  | { readonly kind: 'change'; readonly change: Change }
  /** fsync of one inode. */
  | { readonly kind: 'sync'; readonly id: InodeId }
  /** `sync -f`: everything below these paths. */
  | { readonly kind: 'sync-all'; readonly below: readonly string[] };

export interface Recording {
  /** The tree before the first call. */
  readonly base: FileSystem;
  /** What each call did, in order. */
  readonly calls: readonly { readonly name: string; readonly events: readonly Event[] }[];
}

/** Runs the work with a disk that records; `root` is the tree. */
export async function recordCalls(
  root: string,
  work: (disk: Disk) => Promise<unknown>,
): Promise<Recording> {
  const ids = new InodeIds();
  let now = ids.read(root);
  const base = now;
  const calls: { name: string; events: Event[] }[] = [];
  const note = (method: string, args: readonly unknown[]): void => {
    const next = ids.read(root);
    const events: Event[] = changesBetween(now, next, method === 'rename').map((change) => {
      return { kind: 'change', change } as const;
    });
    now = next;
    const below = (path: string): string => path.slice(root.length + 1);
    const idAt = (path: string): InodeId =>
      path === root ? now.root : (pathsIn(now).get(below(path)) ?? '');
    if (method === 'sync' || method === 'appendDurably') {
      events.push({ kind: 'sync', id: idAt(String(args[0])) });
    }
    if (method === 'run' && args[0] === 'sync') {
      const [flag, ...folders] = args[1] as string[];
      if (flag !== '-f') throw new Error(`the model knows no sync ${String(flag)}`);
      events.push({ kind: 'sync-all', below: folders.map(below) });
    }
    calls.push({ name: `${method} ${String(args[0]).replace(root, '')}`, events });
  };
  const disk = Object.fromEntries(
    Object.entries(hostDisk).map(([method, call]) => [
      method,
      (...args: readonly unknown[]): unknown => {
        const result = (call as (...all: readonly unknown[]) => unknown)(...args);
        if (result instanceof Promise) {
          return result.finally(() => {
            note(method, args);
          });
        }
        note(method, args);
        return result;
      },
    ]),
  ) as unknown as Disk;
  await work(disk);
  return { base, calls };
}

/** Inode numbers are given again to later files; ids are not. */
class InodeIds {
  private readonly known = new Map<number, InodeId>();
  private count = 0;

  read(root: string): FileSystem {
    const seen = new Set<number>();
    const system = readFileSystem(root, (inode) => {
      seen.add(inode);
      const id = this.known.get(inode) ?? `inode ${(this.count += 1)}`;
      this.known.set(inode, id);
      return id;
    });
    for (const inode of [...this.known.keys()]) if (!seen.has(inode)) this.known.delete(inode);
    return system;
  }
}

function changesBetween(before: FileSystem, after: FileSystem, isRename: boolean): Change[] {
  const inodes: Change[] = [];
  for (const [path, id] of [['', after.root] as const, ...pathsIn(after)]) {
    const inode = after.inodes.get(id);
    const old = before.inodes.get(id);
    if (inode === undefined || (old !== undefined && same(old, inode))) continue;
    inodes.push({ kind: 'inode', id, inode, path });
  }
  const names: Extract<Change, { kind: 'names' }>[] = [];
  for (const folder of new Set([...before.names.keys(), ...after.names.keys()])) {
    const old = before.names.get(folder) ?? new Map<string, InodeId>();
    const now = after.names.get(folder) ?? new Map<string, InodeId>();
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      if (old.get(name) === now.get(name)) continue;
      const path = pathOf(folder, name, before) ?? pathOf(folder, name, after) ?? name;
      names.push({ kind: 'names', names: [{ folder, name, id: now.get(name) }], path });
    }
  }
  const [first] = names;
  if (!isRename || first === undefined) return [...inodes, ...names];
  return [...inodes, { ...first, names: names.flatMap((change) => change.names) }];
}

function pathOf(folder: InodeId, name: string, system: FileSystem): string | undefined {
  if (folder === system.root) return name;
  const found = [...pathsIn(system)].find(([, id]) => id === folder)?.[0];
  return found === undefined ? undefined : `${found}/${name}`;
}

function same(a: Inode, b: Inode): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.content === b.content;
}
