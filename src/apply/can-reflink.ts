import path from 'node:path';
import { RebaseError } from '../errors.ts';
import type { Disk } from './disk.ts';

/** Whether files of this folder can share blocks. It must not have names that begin with `probe`. */
export async function canReflink(disk: Disk, folder: string): Promise<boolean> {
  const probe = path.join(folder, 'probe');
  disk.writeFile(probe, 'probe', 0o600);
  try {
    await disk.run('cp', ['--reflink=always', probe, `${probe}-clone`]);
    return true;
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'APPLY_FAILED') return false;
    throw error;
  } finally {
    disk.removeFile(probe);
    disk.removeFile(`${probe}-clone`);
  }
}
