/** Temporary directories of a test run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();

/**
 * Makes an empty directory (0700) below the system's temporary directory; large stores are built
 * several times faster below /dev/shm than on a disk.
 */
export function makeTempDir(parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'rebase-image-test-'));
  made.add(directory);
  return directory;
}

/** Removes every directory that makeTempDir made; for `afterEach` or `after`. */
export function removeTempDirs(): void {
  for (const directory of made) {
    rmSync(directory, { recursive: true, force: true });
    made.delete(directory);
  }
}
