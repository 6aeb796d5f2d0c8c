/**
 * A directory meets something else: the app layers have a directory where the new base has a symlink
 * or a file (usr-merge: /bin over /bin -> usr/bin), or the reverse. Overlayfs shows the upper one
 * alone, and everything that the other led to is gone from that path.
 * Source: kernel Documentation/filesystems/overlayfs.rst, "Upper and Lower".
 */
import { textOfBytes, type ByteString } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { lookup, type MergedTree, type TreeNode } from '../domain/merged-tree.ts';
import { appPaths, type AppPath } from './app-paths.ts';
import type { ContentCheck, ContentFacts } from './content-facts.ts';
import { layersOf } from './shadows.ts';
import { someOf } from './some-of.ts';
import { volumesOnFiles } from './volumes-on-files.ts';

/** Where programs look up the shell, the loader and the libraries. */
const ESSENTIAL =
  /^(usr\/)?(bin|sbin|lib|lib32|lib64|libx32)$|^(usr|etc)$|^(usr\/)?lib\/[^/]+-linux-[^/]+$/;

export const replacedDirCheck: ContentCheck = {
  name: 'replaced-dir',
  wanted: () => [],
  judge: (facts) => [
    ...appPaths(facts).flatMap((path) => judged(facts, path)),
    ...volumesOnFiles(facts),
  ],
};

function judged(facts: ContentFacts, path: AppPath): Finding[] {
  const { app, old, fresh } = path;
  if (fresh === undefined || isDirectory(app) === isDirectory(fresh)) return [];
  // The app itself put it over the same thing of the old base: the rebase changes nothing there.
  if (old !== undefined && isSameKind(old, fresh)) return [];
  return [
    isDirectory(app)
      ? directoryOverOther(facts, path, fresh)
      : otherOverDirectory(facts, path, fresh),
  ];
}

function directoryOverOther(
  { before, after, newBase }: ContentFacts,
  { path, app }: AppPath,
  fresh: TreeNode,
): Finding {
  const isLink = fresh.entry.type === 'symlink';
  const hidden = isLink ? lookup(newBase.tree, path)?.node : undefined;
  const worked = lookup(before.tree, path)?.node;
  return replaced(
    path,
    [app, fresh],
    `the app's directory ${nameOf(path)} replaces the new base's ` +
      (isLink ? `symlink to ${textOfBytes(fresh.entry.target ?? '')}` : 'file'),
    hidden === undefined || worked === undefined
      ? []
      : unreachable(hidden, after.tree, path).filter((name) => isBelow(worked, name)),
  );
}

function otherOverDirectory(
  { after }: ContentFacts,
  { path, app }: AppPath,
  fresh: TreeNode,
): Finding {
  return replaced(
    path,
    [app, fresh],
    `the app's ${app.entry.type} ${nameOf(path)} replaces the new base's directory`,
    unreachable(fresh, after.tree, path),
  );
}

/** What is below a directory of the new base and not to be reached by `path` in the image. */
function unreachable(directory: TreeNode, image: MergedTree, path: ByteString): ByteString[] {
  const lost: ByteString[] = [];
  const open = [{ directory, name: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of next.directory.children.values()) {
      const name = next.name === '' ? child.name : `${next.name}/${child.name}`;
      const shown = lookup(image, `${path}/${name}`)?.node;
      if (shown === undefined) lost.push(name);
      else if (shown !== child) open.push({ directory: child, name });
    }
  }
  return lost.sort();
}

function isBelow(directory: TreeNode, name: ByteString): boolean {
  let node: TreeNode | undefined = directory;
  for (const part of name.split('/')) node = node?.children.get(part);
  return node !== undefined;
}

function replaced(
  path: ByteString,
  nodes: readonly TreeNode[],
  message: string,
  lost: readonly ByteString[],
): Finding {
  const breaks = lost.length > 0 && ESSENTIAL.test(path);
  const hidden = `${counted(lost.length, 'name')} in it: ${someOf(lost.map(textOfBytes))}`;
  return finding(
    'replaced-dir',
    breaks ? 'breaks' : 'review',
    lost.length === 0 ? message : `${message} and hides ${hidden}`,
    {
      why: breaks
        ? 'programs are started, and libraries found, by their names there'
        : 'what the new base keeps behind that name is not to be found by it',
      path: `/${path}`,
      layers: layersOf(nodes),
    },
  );
}

function isDirectory({ entry }: TreeNode): boolean {
  return entry.type === 'directory';
}

function isSameKind({ entry: a }: TreeNode, { entry: b }: TreeNode): boolean {
  return a.type === b.type && a.target === b.target;
}

function nameOf(path: ByteString): string {
  return `/${textOfBytes(path)}`;
}
