import type { Assembly, AssemblyEntry } from '../../domain/overlay/assembly.ts';
import type { CloneCost, CloneMode } from '../../domain/report.ts';
import { isLinked } from './place-files.ts';

/** Bytes that a folder takes, and to which files are rounded up. */
export const BLOCK = 4096;

/**
 * What an assembly takes on disk, estimated high: whether blocks can be shared is not asked, and
 * holes in files count. Whiteouts are one file.
 */
export function assemblyCost(assembly: Assembly, mode: CloneMode): CloneCost {
  const { directories, files, whiteouts } = assembly;
  const isOwn = (file: AssemblyEntry): boolean =>
    file.hardLinkOf === undefined && !isLinked(file, assembly, mode);
  const own = files.filter(isOwn);
  const bytes = mode === 'reflink' ? 0 : own.reduce((sum, { size }) => sum + roundedUp(size), 0);
  return {
    bytes: bytes + directories.length * BLOCK,
    inodes: own.length + directories.length + (whiteouts.length > 0 ? 1 : 0),
  };
}

function roundedUp(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
