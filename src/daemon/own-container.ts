import { join } from 'node:path';

import { mountLines } from './alive-without-daemon.ts';
import { textOf, type ProcOptions } from './proc.ts';

/**
 * Takes the ids (64 hex digits) of a daemon's containers, returns the one that this process runs in,
 * undefined when it runs in none of them. By the cgroup's name, and where a private cgroup namespace
 * hides it by the files that dockerd mounts into each container (`<root>/containers/<id>/hosts`).
 */
export function ownContainer(
  containerIds: readonly string[],
  { procPath = '/proc' }: ProcOptions = {},
): string | undefined {
  const self = join(procPath, 'self');
  const cgroups = [...(textOf(join(self, 'cgroup')) ?? '').matchAll(/[0-9a-f]{64}/g)];
  const mounted = mountLines(textOf(join(self, 'mountinfo')) ?? '').flatMap(({ root }) => {
    // The source of the mount: on the host itself containers/<id>/mounts/shm is a mount point only.
    const match = /\/containers\/([0-9a-f]{64})\/(?:hosts|hostname|resolv\.conf)$/.exec(root);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  const known = new Set(containerIds);
  return [...cgroups.map(([id]) => id), ...mounted].find((id) => known.has(id));
}
