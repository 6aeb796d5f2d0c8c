import path from 'node:path';
import { errnoOf } from '../store/read-file.ts';
import type { Disk } from './disk.ts';

const FULL = ['ENOSPC', 'EDQUOT'];

/** Whether files of this folder can share blocks. It must not have names that begin with `probe`. */
export function canReflink(disk: Disk, folder: string): boolean {
  const probe = path.join(folder, 'probe');
  disk.writeFile(probe, 'probe', 0o600);
  try {
    disk.reflinkFile(probe, `${probe}-clone`);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || FULL.includes(errno)) throw error;
    return false;
  } finally {
    disk.removeFile(probe);
    disk.removeFile(`${probe}-clone`);
  }
}
