/** A LayerSpec as a flat, sorted list of entries: what both the tar and the disk are made from. */
import type { FileSpec, LayerSpec } from './store-spec.ts';

/** Files keep this time unless told otherwise: DiffIDs must not depend on the clock. */
export const DEFAULT_MTIME = 1_577_836_800;

/** Paths and targets are latin1 strings, one character per byte. */
export interface Entry {
  readonly path: string;
  readonly node: Node;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

export type Node =
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'zeros'; readonly size: number }
  | { readonly kind: 'dir'; readonly opaque: boolean }
  | { readonly kind: 'symlink' | 'hardlink'; readonly target: string }
  | { readonly kind: 'char' | 'block'; readonly major: number; readonly minor: number }
  | { readonly kind: 'fifo' | 'whiteout' };

/** The entries of a layer: parents before children, hard links last (their target comes first). */
export function entriesOf(layer: LayerSpec): Entry[] {
  const toBytes = (text: string): string =>
    layer.names === 'latin1' ? text : Buffer.from(text).toString('latin1');
  const byPath = new Map<string, Entry>();
  for (const [name, file] of Object.entries(layer.files)) {
    const path = toBytes(name);
    checkPath(path);
    byPath.set(path, entryOf(path, file, toBytes));
  }
  for (const path of [...byPath.keys()]) addParents(byPath, path);
  for (const entry of byPath.values()) shareAttributes(byPath, entry);
  const keyed = [...byPath.values()].map((entry) => ({ entry, key: sortKey(entry) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => entry);
}

function checkPath(path: string): void {
  if (path === '.') return;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new Error(`test store: "${path}" is not a plain relative path`);
  }
}

/** `/` sorts before every other byte, so that a directory is followed by all that is in it. */
function sortKey(entry: Entry): string {
  if (entry.path === '.') return '';
  const rank = entry.node.kind === 'hardlink' ? '2' : '1';
  return rank + entry.path.replaceAll('/', '\0');
}

function addParents(byPath: Map<string, Entry>, path: string): void {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = path.slice(0, slash);
    const known = byPath.get(parent);
    if (known === undefined)
      byPath.set(
        parent,
        entryOf(parent, { kind: 'dir' }, (text) => text),
      );
    else if (known.node.kind !== 'dir') {
      throw new Error(`test store: "${path}" lies below "${parent}", which is no directory`);
    }
  }
}

/** A hard link's tar header repeats its target's: whoever extracts it applies them once more. */
function shareAttributes(byPath: Map<string, Entry>, entry: Entry): void {
  if (entry.node.kind !== 'hardlink') return;
  const target = byPath.get(entry.node.target);
  if (target?.node.kind !== 'file' && target?.node.kind !== 'zeros') {
    throw new Error(`test store: "${entry.path}" is a hard link to no file of its layer`);
  }
  const { mode, uid, gid, mtime } = target;
  byPath.set(entry.path, { ...entry, mode, uid, gid, mtime });
}

function entryOf(path: string, file: FileSpec, toBytes: (text: string) => string): Entry {
  if (typeof file === 'string' || Buffer.isBuffer(file)) {
    return entryOf(path, { content: file }, toBytes);
  }
  const node = nodeOf(file, toBytes);
  const attributes = file.kind === 'hardlink' || file.kind === 'whiteout' ? {} : file;
  const xattrs = Object.entries(attributes.xattrs ?? {}).map(
    ([name, value]) => [name, Buffer.from(value)] as const,
  );
  return {
    path,
    node,
    mode: attributes.mode ?? DEFAULT_MODES[node.kind],
    uid: attributes.uid ?? 0,
    gid: attributes.gid ?? 0,
    mtime: attributes.mtime ?? DEFAULT_MTIME,
    xattrs: new Map(xattrs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function nodeOf(file: Exclude<FileSpec, string | Buffer>, toBytes: (text: string) => string): Node {
  switch (file.kind) {
    case 'dir':
      return { kind: 'dir', opaque: file.opaque ?? false };
    case 'symlink':
    case 'hardlink':
      return { kind: file.kind, target: toBytes(file.target) };
    case 'char':
    case 'block':
      return { kind: file.kind, major: file.major, minor: file.minor };
    case 'fifo':
    case 'whiteout':
      return { kind: file.kind };
    default:
      if (file.size === undefined)
        return { kind: 'file', content: Buffer.from(file.content ?? '') };
      return { kind: 'zeros', size: file.size };
  }
}

const DEFAULT_MODES: Readonly<Record<Node['kind'], number>> = {
  file: 0o644,
  zeros: 0o644,
  dir: 0o755,
  symlink: 0o777,
  hardlink: 0o644,
  char: 0o600,
  block: 0o600,
  fifo: 0o644,
  whiteout: 0,
};
