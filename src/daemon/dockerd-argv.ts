import { isRecord, textsOr } from './foreign-json.ts';

/** Where dockerd reads its configuration file unless --config-file says otherwise. */
export const DEFAULT_CONFIG_FILE = '/etc/docker/daemon.json';
/** Where dockerd listens unless -H or `hosts` say otherwise, and where systemd's docker.socket does. */
export const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Takes dockerd's arguments and the long and short name of a flag (`host`, `H`), returns every value
 * given to it: `--host V`, `--host=V`, `-H V`, `-HV`, `-H=V` (Go's pflag).
 */
export function flagValues(argv: readonly string[], long: string, short?: string): string[] {
  const values: string[] = [];
  argv.forEach((argument, index) => {
    const next = argv[index + 1];
    if (argument === `--${long}` || (short !== undefined && argument === `-${short}`)) {
      if (next !== undefined) values.push(next);
    } else if (argument.startsWith(`--${long}=`)) {
      values.push(argument.slice(long.length + 3));
    } else if (short !== undefined && argument.startsWith(`-${short}`)) {
      values.push(argument.slice(short.length + 1).replace(/^=/, ''));
    }
  });
  return values;
}

/** Takes dockerd's arguments, returns the path of its configuration file. */
export function configFileOf(argv: readonly string[]): string {
  return flagValues(argv, 'config-file').at(-1) ?? DEFAULT_CONFIG_FILE;
}

/**
 * Takes dockerd's arguments and the text of its configuration file (undefined when there is none or
 * it cannot be read), returns the unix sockets that it listens on, absolute paths, without those
 * over TCP. `fd://` is systemd's docker.socket. Docker docs, dockerd, "Daemon socket option".
 */
export function socketPathsOf(argv: readonly string[], configText: string | undefined): string[] {
  const hosts = [...flagValues(argv, 'host', 'H'), ...configuredHosts(configText)];
  if (hosts.length === 0) return [DEFAULT_SOCKET];
  const paths = hosts.flatMap((host) => {
    if (host.startsWith('fd://')) return [DEFAULT_SOCKET];
    if (!host.startsWith('unix://')) return [];
    return [host.slice('unix://'.length) || DEFAULT_SOCKET];
  });
  return [...new Set(paths)];
}

function configuredHosts(text: string | undefined): string[] {
  try {
    const config: unknown = JSON.parse(text ?? '{}');
    return isRecord(config) ? textsOr(config, 'hosts') : [];
  } catch {
    // The running dockerd has read another text than this one; restart-hazards.ts reports it.
    return [];
  }
}
