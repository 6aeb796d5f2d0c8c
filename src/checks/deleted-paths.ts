import type { ByteString } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import type { FileFacts } from '../domain/file-fact.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { nodeAt, type TreeNode } from '../domain/merged-tree.ts';
import type { ContentFacts } from './content-facts.ts';
import { sameFile } from './same-file.ts';
import { isNoise } from './shadow-classes.ts';
import { namesOf } from './shadows.ts';

/**
 * What the new base brings where the app layers delete: the app deleted a file of the old base, and
 * with it go the changed file of the new one and what else it has below a deleted directory.
 */
export function deletedFindings(facts: ContentFacts, files: FileFacts): Finding[] {
  const deleting = facts.app.filter(({ index }) => index.whiteouts.size + index.opaque.size > 0);
  const paths = deleting.flatMap(({ index }) => [...index.whiteouts, ...index.opaque]);
  const lost = new Set([...new Set(paths)].sort().flatMap((path) => lostAt(path, facts, files)));
  if (lost.size === 0) return [];
  const found = [...lost].map((path) => ({ path }));
  return [
    finding(
      'shadowed',
      'note',
      `the app layers delete ${counted(found.length, 'file')} that the new base changed or added: ${namesOf(found)}`,
      {
        why: 'the image was built without them, and stays without them',
        path: `/${found[0]?.path ?? ''}`,
        layers: deleting.map(({ diffId }) => diffId),
      },
    ),
  ];
}

/** The changed files of the new base at and below a path that the image does not show. */
function lostAt(path: ByteString, facts: ContentFacts, files: FileFacts): ByteString[] {
  const lost: ByteString[] = [];
  const open = [
    {
      path,
      fresh: nodeAt(facts.newBase.tree, path),
      old: nodeAt(facts.oldBase.tree, path),
      shown: nodeAt(facts.after.tree, path),
    },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path: at, fresh, old, shown } = next;
    // What both bases share is the same object: nothing below it has changed.
    if (fresh === undefined || fresh === old || fresh === shown || isNoise(at)) continue;
    if (fresh.entry.type !== 'directory') {
      if (shown === undefined && sameFile(old, fresh, files) === false) lost.push(at);
      continue;
    }
    for (const [name, child] of fresh.children) {
      open.push({
        path: at === '' ? name : `${at}/${name}`,
        fresh: child,
        old: childOf(old, name),
        shown: childOf(shown, name),
      });
    }
  }
  return lost.sort();
}

function childOf(node: TreeNode | undefined, name: ByteString): TreeNode | undefined {
  return node?.children.get(name);
}
