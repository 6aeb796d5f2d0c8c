/** A small tree of files as a file system keeps it: inodes, and folders that name them. */
import * as fs from 'node:fs';
import { join } from 'node:path';

/** One inode. `id` is its own for the whole life of a model. */
export interface Inode {
  readonly type: 'dir' | 'file' | 'symlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** A file's bytes, a symlink's target; a folder has none. */
  readonly content: string;
}

export type InodeId = string;

export interface FileSystem {
  readonly root: InodeId;
  readonly inodes: ReadonlyMap<InodeId, Inode>;
  /** What each folder names. */
  readonly names: ReadonlyMap<InodeId, ReadonlyMap<string, InodeId>>;
}

/** Reads a tree; `idOf` gives an inode number its id. Files are read as latin1 text. */
export function readFileSystem(root: string, idOf: (inode: number) => InodeId): FileSystem {
  const inodes = new Map<InodeId, Inode>();
  const names = new Map<InodeId, Map<string, InodeId>>();
  const visit = (path: string): InodeId => {
    const stat = fs.lstatSync(path);
    const id = idOf(stat.ino);
    const { uid, gid } = stat;
    const mode = stat.mode & 0o7777;
    if (stat.isDirectory()) {
      inodes.set(id, { type: 'dir', mode, uid, gid, content: '' });
      const entries = fs.readdirSync(path).sort();
      names.set(id, new Map(entries.map((name) => [name, visit(join(path, name))] as const)));
    } else if (stat.isSymbolicLink()) {
      inodes.set(id, { type: 'symlink', mode, uid, gid, content: fs.readlinkSync(path) });
    } else if (!inodes.has(id)) {
      const content = fs.readFileSync(path, 'latin1');
      inodes.set(id, { type: 'file', mode, uid, gid, content });
    }
    return id;
  };
  return { root: visit(root), inodes, names };
}

/** Every path below the root with its inode, folders before what they hold. */
export function pathsIn({ root, names }: FileSystem): Map<string, InodeId> {
  const paths = new Map<string, InodeId>();
  const visit = (id: InodeId, path: string): void => {
    for (const [name, child] of names.get(id) ?? []) {
      paths.set(`${path}${name}`, child);
      visit(child, `${path}${name}/`);
    }
  };
  visit(root, '');
  return paths;
}

/** Writes the tree to a folder that is not there. */
export function writeFileSystem(system: FileSystem, folder: string): void {
  fs.mkdirSync(folder);
  const made = new Map<InodeId, string>();
  for (const [path, id] of pathsIn(system)) {
    const inode = system.inodes.get(id);
    if (inode === undefined) throw new Error(`no inode for ${path}`);
    const at = join(folder, path);
    const first = made.get(id);
    if (first !== undefined) {
      fs.linkSync(first, at);
      continue;
    }
    made.set(id, at);
    if (inode.type === 'dir') fs.mkdirSync(at);
    else if (inode.type === 'symlink') fs.symlinkSync(inode.content, at);
    else fs.writeFileSync(at, inode.content, 'latin1');
    if (inode.uid !== 0 || inode.gid !== 0) fs.lchownSync(at, inode.uid, inode.gid);
    if (inode.type !== 'symlink') fs.chmodSync(at, inode.mode);
  }
}
