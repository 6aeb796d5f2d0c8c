import { textOfBytes } from '../domain/byte-string.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { lookup, type MergedTree } from '../domain/merged-tree.ts';
import type { ContentFacts } from './content-facts.ts';
import { runConfigOf } from './start/run-config.ts';

/**
 * Volumes of the image where the new base has a file: dockerd mounts none over it.
 * Source: moby daemon/create_unix.go: createContainerOSSpecificSettings.
 */
export function volumesOnFiles({ before, after, newBase }: ContentFacts): Finding[] {
  const { volumes } = runConfigOf(after.configText);
  return volumes
    .filter((path) => isOther(after.tree, path) && !isOther(before.tree, path))
    .map((path) =>
      finding(
        'replaced-dir',
        'breaks',
        `the volume ${textOfBytes(path)} lands on what is no directory on ${newBase.name}`,
        { why: 'dockerd creates no container: "cannot mount volume over existing file"', path },
      ),
    );
}

function isOther(tree: MergedTree, path: string): boolean {
  const type = lookup(tree, path)?.node.entry.type;
  return type !== undefined && type !== 'directory';
}
