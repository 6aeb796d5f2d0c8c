import type { CloneCost } from '../domain/report.ts';
import { RebaseError } from '../errors.ts';

/** The NO_SPACE error of what takes more than a folder's file system has; undefined where it fits. */
export function noRoom(
  folder: string,
  { bytes, inodes }: CloneCost,
  free: CloneCost,
): RebaseError | undefined {
  const lacks =
    bytes > free.bytes ? `${bytes} bytes` : inodes > free.inodes ? `${inodes} inodes` : '';
  if (lacks === '') return undefined;
  return new RebaseError('NO_SPACE', `${folder} has no room for ${lacks}`, {
    hint: 'docker system df shows what could go; --clone link takes least',
  });
}
