import path from 'node:path';
import type { Layout } from './layout.ts';

/**
 * Who owns what belongs to root inside containers: root, or the user that root is mapped to where
 * the store is a `<uid>.<gid>` folder of userns-remap (store.md 5).
 */
export function remappedRoot(layout: Layout): { uid: number; gid: number } {
  const [, uid, gid] = /^(\d+)\.(\d+)$/.exec(path.basename(layout.root)) ?? [];
  return { uid: Number(uid ?? 0), gid: Number(gid ?? 0) };
}
