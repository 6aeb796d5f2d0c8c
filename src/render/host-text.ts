import type { DaemonView } from '../domain/report.ts';
import { nameList, wrap, type Page } from './page.ts';
import { printable } from './printable.ts';

/** Containers that are named. */
const LONGEST_LIST = 10;

/** `Host: overlay2 in /var/lib/docker, dockerd running 20.10.24`. */
export function hostText(
  page: Page,
  { storeRoot, daemon }: { readonly storeRoot: string; readonly daemon: DaemonView },
): string[] {
  const version = daemon.version === undefined ? '' : `${printable(daemon.version)} `;
  const state = daemon.running ? `${version}running` : 'not running';
  return [
    ...wrap(page, `Host: overlay2 in ${printable(storeRoot)}, dockerd ${state}`, 0),
    ...(daemon.livingOn.length === 0
      ? []
      : wrap(page, `live on without it: ${nameList(page, daemon.livingOn, LONGEST_LIST)}`, 6)),
  ];
}
