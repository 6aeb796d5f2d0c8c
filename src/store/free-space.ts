import { statfsSync } from 'node:fs';

/** What a file system has left for root. */
export interface FreeSpace {
  readonly bytes: number;
  /** Infinity where the file system makes inodes as it needs them (btrfs says 0 of 0). */
  readonly inodes: number;
}

/** Free bytes and inodes of the file system that holds the path (statfs(2)). */
export function freeSpace(path: string): FreeSpace {
  const { bfree, bsize, files, ffree } = statfsSync(path);
  return { bytes: bfree * bsize, inodes: files === 0 ? Infinity : ffree };
}
