import type { ByteString } from '../../domain/byte-string.ts';
import { walk, type MergedTree, type TreeNode } from '../../domain/merged-tree.ts';
import type { Assembly } from '../../domain/overlay/assembly.ts';
import type { BundleEntry, BundleManifest } from '../../domain/overlay/bundle.ts';
import { BUNDLE_SCHEMA } from '../../domain/overlay/read-bundle-manifest.ts';

/** What a manifest says beside what is in the bundle. */
export type BundleFacts = Omit<BundleManifest, 'schema' | 'entries' | 'whiteouts'>;

/**
 * The manifest of a bundle that carries `assembly`, which makes the new base's tree `target` out of
 * the old base's. `sha256` is hex by path, of every file of the assembly (`hashFiles`). Lists are in
 * byte order of the paths, so that equal bases give equal manifests.
 */
export function bundleManifest(
  facts: BundleFacts,
  target: MergedTree,
  assembly: Assembly,
  sha256: ReadonlyMap<ByteString, string>,
): BundleManifest {
  const carried = new Set([...assembly.directories, ...assembly.files].map(({ path }) => path));
  const firstNames = new Map<string, ByteString>();
  const nodes = [{ path: '', node: target.root }, ...walk(target)].sort(byPath);
  const entries = nodes.map(({ path, node }): BundleEntry => {
    const isCarried = carried.has(path);
    const { type, mode, uid, gid, size, target: link, device } = node.entry;
    const file = fileOf(node, isCarried);
    const first = file === undefined ? undefined : firstNames.get(file);
    if (file !== undefined && first === undefined) firstNames.set(file, path);
    const sum = type === 'file' && isCarried && first === undefined ? sha256.get(path) : undefined;
    return {
      ...{ path, type, mode, uid, gid, size, target: link, device },
      hardLinkOf: first,
      carried: isCarried,
      sha256: sum,
    };
  });
  const { tool, architecture, os, variant, version, union, root } = facts;
  return {
    schema: BUNDLE_SCHEMA,
    ...{ tool, architecture, os, variant, old: facts.old, new: facts.new, version, union, root },
    entries,
    whiteouts: [...assembly.whiteouts].sort(),
  };
}

/** The same text for all names of one file that the archive keeps as one: GNU tar tears devices apart. */
function fileOf({ entry, layer }: TreeNode, isCarried: boolean): string | undefined {
  if (layer === undefined || !['file', 'symlink'].includes(entry.type)) return undefined;
  return `${isCarried ? 'carried' : 'there'} ${layer.chainId} ${entry.hardLinkOf ?? entry.path}`;
}

function byPath(a: { path: ByteString }, b: { path: ByteString }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
