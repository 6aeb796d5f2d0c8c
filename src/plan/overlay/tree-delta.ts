/**
 * What has to lie on top of one tree so that another is seen. Names that are gone are hidden one by
 * one, never by an opaque mark: the kernel ignores that on a root, and it would hide what is equal.
 * Source: kernel Documentation/filesystems/overlayfs.rst (whiteouts, merged directories).
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import { joined, type Found, type MergedTree, type TreeNode } from '../../domain/merged-tree.ts';

export interface TreeDelta {
  /** The root first, every other one after the one that it is in. */
  readonly directories: readonly Found[];
  /** Everything else that the diff has. */
  readonly files: readonly Found[];
  /** Names that it hides; each is in one of the directories. */
  readonly whiteouts: readonly ByteString[];
}

export interface DeltaOptions {
  /** Leaves in place what only the lower tree has. */
  readonly keepOld?: boolean;
}

/**
 * The layer that shows `to` when it is laid on `from`. What both have from the same layer is left
 * out, but for further names of a file that the diff holds: they must stay names of one file. Both
 * trees must share the objects of the layers that they share.
 */
export function treeDelta(
  from: MergedTree,
  to: MergedTree,
  { keepOld = false }: DeltaOptions = {},
): TreeDelta {
  const linked = new LinkedFiles();
  const differing = collect(from.root, to.root, { keepOld, whole: linked });
  for (const { node } of differing.files) linked.add(node);
  return linked.isEmpty ? differing : collect(from.root, to.root, { keepOld, whole: linked });
}

interface Rules {
  readonly keepOld: boolean;
  /** Files that the diff has under all of their names. */
  readonly whole: LinkedFiles;
}

function collect(from: TreeNode, to: TreeNode, { keepOld, whole }: Rules): TreeDelta {
  const directories: Found[] = [];
  const files: Found[] = [];
  const whiteouts: ByteString[] = [];

  /** Adds a directory when it is another one, or when anything in it has to be added. */
  function addDirectory(path: ByteString, below: TreeNode | undefined, node: TreeNode): boolean {
    const place = directories.length;
    directories.push({ path, node });
    const lower = below?.entry.type === 'directory' ? below : undefined;
    let isNeeded = path === '' || lower === undefined || !isSame(lower, node);
    for (const [name, child] of node.children) {
      if (add(joined(path, name), lower?.children.get(name), child)) isNeeded = true;
    }
    for (const name of keepOld ? [] : (lower?.children.keys() ?? [])) {
      if (node.children.has(name)) continue;
      whiteouts.push(joined(path, name));
      isNeeded = true;
    }
    // Nothing in it was added either: it is the last one of the list.
    if (!isNeeded) directories.length = place;
    return isNeeded;
  }

  function add(path: ByteString, below: TreeNode | undefined, node: TreeNode): boolean {
    if (below === node && whole.isEmpty) return false;
    if (node.entry.type === 'directory') return addDirectory(path, below, node);
    if (below !== undefined && isSame(below, node) && !whole.has(node)) return false;
    files.push({ path, node });
    return true;
  }

  addDirectory('', from, to);
  return { directories, files, whiteouts };
}

/** Whether both trees have it from the same place. */
function isSame(a: TreeNode, b: TreeNode): boolean {
  return a.layer !== undefined && a.layer === b.layer && a.entry === b.entry;
}

/** Files with more than one name in their layer. */
class LinkedFiles {
  readonly #files = new Map<IndexedLayer, Set<ByteString>>();
  readonly #firstNames = new Map<IndexedLayer, ReadonlySet<ByteString>>();

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** Remembers the node's file if it has other names. */
  add({ layer, entry }: TreeNode): void {
    if (layer === undefined) return;
    const first = entry.hardLinkOf ?? entry.path;
    if (!this.#firstNamesIn(layer).has(first)) return;
    const files = this.#files.get(layer) ?? new Set();
    this.#files.set(layer, files.add(first));
  }

  has({ layer, entry }: TreeNode): boolean {
    if (layer === undefined) return false;
    return this.#files.get(layer)?.has(entry.hardLinkOf ?? entry.path) === true;
  }

  #firstNamesIn(layer: IndexedLayer): ReadonlySet<ByteString> {
    let names = this.#firstNames.get(layer);
    if (names === undefined) {
      const linked = layer.index.entries.map(({ hardLinkOf }) => hardLinkOf);
      names = new Set(linked.filter((name) => name !== undefined));
      this.#firstNames.set(layer, names);
    }
    return names;
  }
}
