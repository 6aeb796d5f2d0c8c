import type { Assembly } from '../../domain/overlay/assembly.ts';
import type { StepProgress } from '../../domain/progress.ts';
import type { CloneMode } from '../../domain/report.ts';
import type { Disk, Owner } from '../disk.ts';

/** What is to be put together, where and how. */
export interface AssembleRequest {
  readonly disk: Disk;
  readonly assembly: Assembly;
  /** Folder to make, on the file system of the sources; nobody else may have it yet. */
  readonly target: string;
  /** Files of `owned` sources are hard links in every mode. */
  readonly mode: CloneMode;
  /** Who owns what belongs to root in containers. */
  readonly owner: Owner;
  /** Ends the work; its reason is thrown. The target is then incomplete, and can be removed. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many files and whiteouts are there. */
  readonly advance?: ((done: StepProgress) => void) | undefined;
}
