import { spawnSync } from 'node:child_process';
import { RebaseError } from '../../errors.ts';

/** Throws TOOL_MISSING where `tar` is not GNU's: others lose xattrs, and capabilities with them. */
export function requireGnuTar(): void {
  const { stdout, error } = spawnSync('tar', ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TAR_OPTIONS: undefined },
  });
  if (error === undefined && stdout.startsWith('tar (GNU tar)')) return;
  throw new RebaseError('TOOL_MISSING', 'GNU tar is needed for bundles', {
    hint: 'install GNU tar; busybox tar loses extended attributes',
    cause: error,
  });
}
