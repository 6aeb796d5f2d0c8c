import path from 'node:path';
import type { MountRecord } from '../domain/inventory.ts';
import type { Layout } from './layout.ts';
import { namesIn, readField, statOf } from './read-file.ts';

/**
 * Reads layerdb/mounts, the writable layers; white space at the ends of its files is cut as dockerd
 * does (store.md 1.2). What is no folder is passed over.
 */
export function readMounts(layout: Layout): MountRecord[] {
  return namesIn(layout.mounts).flatMap((name) => {
    const folder = path.join(layout.mounts, name);
    if (statOf(folder)?.isDirectory() !== true) return [];
    const file = (entry: string): string | undefined => readField(path.join(folder, entry))?.trim();
    return [{ name, mountId: file('mount-id'), initId: file('init-id'), parent: file('parent') }];
  });
}
