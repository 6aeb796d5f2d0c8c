/**
 * What an image's config says about its processes, as dockerd hands it to runc.
 * Sources: OCI image-spec config.md; moby daemon/oci_linux.go.
 */
import { bytesOfText, type ByteString } from '../../domain/byte-string.ts';
import { foldsTo, parseJson } from '../../domain/json-text.ts';

export interface RunConfig {
  readonly env: ReadonlyMap<ByteString, ByteString>;
  /** The folders of PATH, in order. */
  readonly path: readonly ByteString[];
  /** Entrypoint and Cmd as one command line. */
  readonly command: readonly ByteString[];
  /** What checks the container's health: a command line, in a shell or not. */
  readonly healthCommand: readonly ByteString[];
  readonly workingDir: ByteString;
  /** Where containers get volumes of their own. */
  readonly volumes: readonly ByteString[];
  /** `user`, `user:group` or numbers; '' = root. */
  readonly user: ByteString;
}

/** What dockerd sets where the image does not. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Reads the config's text; what is absent or of another type counts as empty. Throws nothing. */
export function runConfigOf(configText: string): RunConfig {
  const config = member(parsed(configText), 'config');
  const env = environmentOf(textsOf(member(config, 'Env')));
  return {
    env,
    path: (env.get('PATH') ?? DEFAULT_PATH).split(':').map((folder) => folder || '.'),
    command: [...textsOf(member(config, 'Entrypoint')), ...textsOf(member(config, 'Cmd'))],
    healthCommand: healthCommandOf(textsOf(member(member(config, 'Healthcheck'), 'Test'))),
    workingDir: textOf(member(config, 'WorkingDir')),
    volumes: Object.keys(member(config, 'Volumes') ?? {}).map(bytesOfText),
    user: textOf(member(config, 'User')),
  };
}

function environmentOf(variables: readonly ByteString[]): ReadonlyMap<ByteString, ByteString> {
  return new Map(
    variables.map((variable): [ByteString, ByteString] => {
      const at = variable.indexOf('=');
      return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
    }),
  );
}

/** `CMD` runs the words, `CMD-SHELL` gives one to the shell, `NONE` and nothing run nothing. */
function healthCommandOf([kind, ...words]: readonly ByteString[]): readonly ByteString[] {
  if (kind === 'CMD') return words;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : [];
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => foldsTo(key, name))?.[1];
}

function textsOf(value: unknown): ByteString[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function textOf(value: unknown): ByteString {
  return typeof value === 'string' ? bytesOfText(value) : '';
}
