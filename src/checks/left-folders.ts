import { textOfBytes, type ByteString } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { lookup, nodeAt, type TreeNode } from '../domain/merged-tree.ts';
import { appPaths } from './app-paths.ts';
import type { ContentFacts } from './content-facts.ts';
import { isNoise } from './shadow-classes.ts';

/**
 * Files that the app added to a folder of the old base which the new one does not have: modules in
 * /usr/local/lib/python3.9, where the new base's Python looks into python3.11.
 */
export function leftFolderFindings(facts: ContentFacts): Finding[] {
  const left = new Map<ByteString, ByteString[]>();
  for (const { path, app } of appPaths(facts)) {
    if (app.entry.type === 'directory' || isNoise(path)) continue;
    const folder = leftFolderOf(facts, path);
    if (folder === undefined) continue;
    const paths = left.get(folder);
    if (paths === undefined) left.set(folder, [path]);
    else paths.push(path);
  }
  return [...left].map(([folder, paths]) => {
    const layers = paths.flatMap((path) => nodeAt(facts.after.tree, path)?.layer?.diffId ?? []);
    return finding(
      'missing',
      'review',
      `/${textOfBytes(folder)} of ${facts.oldBase.name}, where the app has put ` +
        `${counted(paths.length, 'file')}, is not there on ${facts.newBase.name}`,
      {
        why: `what used them there may look for them elsewhere, as with modules of another version`,
        path: `/${folder}`,
        layers: [...new Set(layers)],
      },
    );
  });
}

/** The uppermost folder above a path that the old base has files in and the new one has not. */
function leftFolderOf(
  { oldBase, newBase }: ContentFacts,
  path: ByteString,
): ByteString | undefined {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const folder = path.slice(0, end);
    const old = nodeAt(oldBase.tree, folder);
    if (old?.entry.type !== 'directory') return undefined;
    if (lookup(newBase.tree, folder) === undefined) return hasFiles(old) ? folder : undefined;
  }
  return undefined;
}

function hasFiles({ children }: TreeNode): boolean {
  return [...children.values()].some(
    (child) => child.entry.type !== 'directory' || hasFiles(child),
  );
}
