/** The machine in one line, as far as it explains the numbers. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
};

/** Cores, memory, file system of the folder, kernel, Node and how busy it is already. */
export function describeMachine(folder: string): string {
  const { type } = statfsSync(folder);
  const [load = '?'] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    FILE_SYSTEMS[type] ?? `file system ${type.toString(16)}`,
    `Linux ${release().replace(/-.*/, '')}`,
    `Node ${process.versions.node}`,
    `load ${load} before`,
  ].join(', ');
}
