/**
 * The tree that a container sees: layers merged as overlayfs does it.
 * Sources: kernel Documentation/filesystems/overlayfs.rst; OCI image-spec layer.md; store.md 1.8.
 */
import type { ByteString } from './byte-string.ts';
import type { IndexedLayer, LayerEntry } from './layer-index.ts';

/** A merged tree is never changed: laying a layer on it gives a new one that shares what is equal. */
export interface MergedTree {
  readonly root: TreeNode;
}

export interface TreeNode {
  readonly name: ByteString;
  /** Metadata of the topmost layer that has it; of a hard link, the attributes of its file. */
  readonly entry: LayerEntry;
  /** The layer that `entry` is from; undefined for a directory that no layer names itself. */
  readonly layer: IndexedLayer | undefined;
  /** Of a directory: what is in it. */
  readonly children: ReadonlyMap<ByteString, TreeNode>;
}

/** Where a path leads: `path` has no symlinks and no leading slash. */
export interface Found {
  readonly path: ByteString;
  readonly node: TreeNode;
}

/** A node while its layer is read; nobody else has it yet. */
interface Growing extends TreeNode {
  readonly children: Map<ByteString, TreeNode>;
}

const NOTHING: ReadonlyMap<ByteString, TreeNode> = new Map();

/** As the kernel: path resolution gives up at the 41st symlink. */
const MAX_SYMLINKS = 40;

export const EMPTY_TREE: MergedTree = { root: impliedDirectory('', '') };

/** The tree of a stack of layers, lowest first, on top of `below`. */
export function treeOf(layers: readonly IndexedLayer[], below = EMPTY_TREE): MergedTree {
  return layers.reduce(layerOn, below);
}

/**
 * The tree with one more layer on top. Costs the size of the layer and of the directories that it
 * reaches into, not that of the tree: everything else is shared with `tree`.
 */
export function layerOn(tree: MergedTree, layer: IndexedLayer): MergedTree {
  const { root, deleted } = ownTree(layer);
  return { root: mergeDirectory(tree.root, root, '', layer, deleted) };
}

/** What is at exactly this path; symlinks are not followed. */
export function nodeAt(tree: MergedTree, path: ByteString): TreeNode | undefined {
  let node: TreeNode | undefined = tree.root;
  for (const name of namesOf(path)) node = node?.children.get(name);
  return node;
}

/**
 * What a process with this image as its root reaches by a path: symlinks are followed, the last one
 * too, absolute ones from the root, and `..` ends there. A relative path starts at `cwd`.
 * Undefined: ENOENT, ENOTDIR or ELOOP. Source: path_resolution(7).
 */
export function lookup(
  tree: MergedTree,
  path: ByteString,
  cwd: ByteString = '',
): Found | undefined {
  const todo = path.split('/').reverse();
  if (!path.startsWith('/') && cwd !== '') todo.push(...cwd.split('/').reverse());
  let trail: TreeNode[] = [tree.root];
  let links = 0;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    const here = trail.at(-1) ?? tree.root;
    // An empty name is a slash, and asks for a directory as `.` does.
    if (here.entry.type !== 'directory') return undefined;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const next = here.children.get(name);
    if (next === undefined) return undefined;
    const { type, target } = next.entry;
    if (type !== 'symlink') {
      trail.push(next);
      continue;
    }
    links += 1;
    if (links > MAX_SYMLINKS || target === undefined || target === '') return undefined;
    if (target.startsWith('/')) trail = [tree.root];
    for (const part of target.split('/').reverse()) todo.push(part);
  }
  let found = '';
  for (let at = 1; at < trail.length; at += 1) found = joined(found, trail[at]?.name ?? '');
  return { path: found, node: trail.at(-1) ?? tree.root };
}

/**
 * Everything below a directory (not itself), each directory before what is in it. `under` is exact,
 * as in `nodeAt`; nothing is yielded when it is not there.
 */
export function* walk(
  tree: MergedTree,
  under: ByteString = '',
): Generator<{ path: ByteString; node: TreeNode }> {
  const start = nodeAt(tree, under);
  if (start === undefined) return;
  const open = [{ path: under, nodes: start.children.values() }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { value: node, done } = top.nodes.next();
    if (done === true) {
      open.pop();
      continue;
    }
    const path = joined(top.path, node.name);
    yield { path, node };
    if (node.children.size > 0) open.push({ path, nodes: node.children.values() });
  }
}

/** The layer's own tree, and the names that it deletes, by the directory that they are in. */
function ownTree(layer: IndexedLayer): {
  root: Growing;
  deleted: ReadonlyMap<ByteString, readonly ByteString[]>;
} {
  const directories = new Map<ByteString, Growing>([['', impliedDirectory('', '')]]);
  for (const entry of layer.index.entries) {
    const { parent, name } = splitPath(entry.path);
    const isDirectory = entry.type === 'directory';
    const earlier = directories.get(entry.path);
    const children = isDirectory ? (earlier?.children ?? new Map<ByteString, TreeNode>()) : NOTHING;
    const node = { name, entry, layer, children };
    if (entry.path !== '') directoryAt(directories, parent).children.set(name, node);
    if (isDirectory) directories.set(entry.path, node as Growing);
    else if (earlier !== undefined) forget(directories, entry.path);
  }
  const deleted = new Map<ByteString, ByteString[]>();
  for (const path of layer.index.whiteouts) {
    const { parent, name } = splitPath(path);
    directoryAt(directories, parent);
    const names = deleted.get(parent);
    if (names === undefined) deleted.set(parent, [name]);
    else names.push(name);
  }
  for (const path of layer.index.opaque) directoryAt(directories, path);
  return { root: directoryAt(directories, ''), deleted };
}

/** The layer's directory at a path; what the layer does not name on the way to it is implied. */
function directoryAt(directories: Map<ByteString, Growing>, path: ByteString): Growing {
  const known = directories.get(path);
  if (known !== undefined) return known;
  const { parent, name } = splitPath(path);
  const directory = impliedDirectory(path, name);
  directories.set(path, directory);
  directoryAt(directories, parent).children.set(name, directory);
  return directory;
}

function forget(directories: Map<ByteString, Growing>, path: ByteString): void {
  for (const known of directories.keys()) {
    if (known === path || known.startsWith(`${path}/`)) directories.delete(known);
  }
}

/** A directory of the layer over the same one of the tree. */
function mergeDirectory(
  lower: TreeNode,
  upper: TreeNode,
  path: ByteString,
  layer: IndexedLayer,
  deleted: ReadonlyMap<ByteString, readonly ByteString[]>,
): TreeNode {
  const children = new Map(lower.children);
  for (const name of deleted.get(path) ?? []) children.delete(name);
  for (const [name, child] of upper.children) {
    const below = children.get(name);
    const at = joined(path, name);
    const merges =
      below?.entry.type === 'directory' &&
      child.entry.type === 'directory' &&
      !layer.index.opaque.has(at);
    children.set(name, merges ? mergeDirectory(below, child, at, layer, deleted) : child);
  }
  const { name, entry, layer: from } = upper.layer === undefined ? lower : upper;
  return { name, entry, layer: from, children };
}

/** A directory that nobody names: what a directory made on the way to a file looks like. */
function impliedDirectory(path: ByteString, name: ByteString): Growing {
  return {
    name,
    entry: {
      path,
      type: 'directory',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
      crc: undefined,
      target: undefined,
      hardLinkOf: undefined,
      device: undefined,
    },
    layer: undefined,
    children: new Map(),
  };
}

function splitPath(path: ByteString): { parent: ByteString; name: ByteString } {
  const slash = path.lastIndexOf('/');
  return slash < 0
    ? { parent: '', name: path }
    : { parent: path.slice(0, slash), name: path.slice(slash + 1) };
}

function namesOf(path: ByteString): readonly ByteString[] {
  return path === '' ? [] : path.split('/');
}

/** The path of a name in a directory; '' is the root. */
export function joined(parent: ByteString, name: ByteString): ByteString {
  return parent === '' ? name : `${parent}/${name}`;
}
