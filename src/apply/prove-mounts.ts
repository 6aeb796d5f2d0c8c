import path from 'node:path';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { RebaseError } from '../errors.ts';
import type { Layout } from '../store/layout.ts';
import type { Disk } from './disk.ts';

/**
 * Mounts every stack read-only, as overlay2 would, in a mount namespace of its own that vanishes
 * with the child: proof that each `link`, `lower` and `l/` entry leads where it should. A stack of
 * one layer is a plain directory for overlay2 and for us.
 * Source: overlay.go (Get); util-linux unshare(1), mount(8).
 * Throws APPLY_FAILED with mount's own words.
 */
export async function proveMounts(
  { disk, layout, folder }: { disk: Disk; layout: Layout; folder: string },
  stacks: readonly string[],
): Promise<void> {
  const mounted = stacks.filter((lower) => lower.includes(':'));
  if (mounted.length === 0) return;
  const point = proofFolder(folder);
  const table = path.join(point, 'fstab');
  disk.ensureDirectory(point, 0o700);
  try {
    const lines = mounted.map((lower, index) => fstabLine(`proof-${index}`, lower, point));
    disk.writeFile(table, lines.join(''), 0o600);
    const alone = ['--mount', '--propagation', 'private'];
    // One process for all stacks, each over the one before: a process, or a mount point, for each
    // would take longer than all the rest.
    await disk.run('unshare', [...alone, 'mount', '--all', '--fstab', table], {
      cwd: layout.overlay,
      // The newer mount calls take at most 256 bytes of lowerdir.
      env: { LIBMOUNT_FORCE_MOUNT2: 'always' },
    });
  } catch (cause) {
    if (!(cause instanceof RebaseError) || cause.code !== 'APPLY_FAILED') throw cause;
    throw new RebaseError('APPLY_FAILED', `the new layers do not mount: ${cause.message}`, {
      hint: 'nothing was published; dmesg | tail may say more',
      cause,
    });
  } finally {
    disk.removeFile(table);
    disk.removeEmptyDirectory(point);
  }
}

/** What a run that died may have left in the folder of its transaction. */
export function proofFolder(folder: string): string {
  return path.join(folder, 'proof');
}

/**
 * The stacks of a plan, as overlay2 gives them to mount: its results, and its bases with the folder
 * that is to be seen in place of the top layer's link.
 */
export function stacksOf({ tops, switches }: BoundPlan): string[] {
  return [
    ...tops.map(({ lowerdir }) => lowerdir),
    ...switches.map(({ cacheId, after, lowerdir }) => {
      return [`${cacheId}/${after}`, ...lowerdir.split(':').slice(1)].join(':');
    }),
  ];
}

/**
 * fstab(5): white space and backslashes of a path are written as octal escapes. mount takes two lines
 * with one source and one target for the same mount, and passes over the second.
 */
function fstabLine(source: string, lower: string, target: string): string {
  const escaped = target.replace(/[\s\\]/g, (char) => {
    return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  return `${source} ${escaped} overlay ro,lowerdir=${lower} 0 0\n`;
}
