import type { ByteString } from '../domain/byte-string.ts';
import { nodeAt, type TreeNode } from '../domain/merged-tree.ts';
import type { ContentFacts } from './content-facts.ts';

/** A path that the app layers hold, with what the bases have there. */
export interface AppPath {
  readonly path: ByteString;
  /** What the image shows: always of an app layer. */
  readonly app: TreeNode;
  readonly old: TreeNode | undefined;
  readonly fresh: TreeNode | undefined;
}

/** Computed once for each rebase, whichever checks and rounds ask for it. */
const KNOWN = new WeakMap<ContentFacts, readonly AppPath[]>();

/**
 * Every path that comes from an app layer in the rebased image, in byte order. Costs the size of the
 * app layers, not that of the bases.
 */
export function appPaths(facts: ContentFacts): readonly AppPath[] {
  const known = KNOWN.get(facts) ?? findAppPaths(facts);
  KNOWN.set(facts, known);
  return known;
}

/**
 * Whether what a path shows comes from an app layer. By DiffID: a tree may be shared with another
 * image that has the same layer in another chain.
 */
export function isOfApp({ app }: ContentFacts, { layer }: TreeNode): boolean {
  return layer !== undefined && app.some(({ diffId }) => diffId === layer.diffId);
}

function findAppPaths(facts: ContentFacts): AppPath[] {
  const paths = new Set(facts.app.flatMap(({ index }) => index.entries.map(({ path }) => path)));
  const ours = new Set(facts.app.map(({ diffId }) => diffId));
  const found: AppPath[] = [];
  for (const path of [...paths].sort()) {
    const app = nodeAt(facts.after.tree, path);
    // A higher app layer may have deleted it again.
    if (app?.layer === undefined || !ours.has(app.layer.diffId)) continue;
    const old = nodeAt(facts.oldBase.tree, path);
    found.push({ path, app, old, fresh: nodeAt(facts.newBase.tree, path) });
  }
  return found;
}
