import type { DaemonView } from '../domain/report.ts';
import { wrap, type Page } from './page.ts';
import { printable } from './printable.ts';

/** `Host: overlay2 in /var/lib/docker, dockerd running 20.10.24`. */
export function hostText(
  page: Page,
  { storeRoot, daemon }: { readonly storeRoot: string; readonly daemon: DaemonView },
): string[] {
  const version = daemon.version === undefined ? '' : ` ${printable(daemon.version)}`;
  const state = daemon.running ? `running${version}` : 'not running';
  return wrap(page, `Host: overlay2 in ${printable(storeRoot)}, dockerd ${state}`, 0);
}
