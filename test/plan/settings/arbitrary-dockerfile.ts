/** A builder in small: what a Dockerfile's instructions make of a base's settings. */
import fc from 'fast-check';

export interface Settings {
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Entrypoint: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly User: string;
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Shell: readonly string[] | null;
}

export type Instruction =
  | { readonly keyword: 'ENV' | 'LABEL'; readonly name: string; readonly value: string }
  | { readonly keyword: 'EXPOSE' | 'VOLUME'; readonly name: string }
  | { readonly keyword: 'CMD' | 'ENTRYPOINT' | 'SHELL'; readonly words: readonly string[] }
  | { readonly keyword: 'USER' | 'WORKDIR' | 'STOPSIGNAL'; readonly value: string };

const name = fc.constantFrom('A', 'B', 'C', 'AB');
const value = fc.constantFrom('', '1', '2', 'two words', '<&>"\\', 'A=1', 'größe \u2028');
const words = fc.array(fc.constantFrom('sh', '-c', 'a && b'), { minLength: 1, maxLength: 2 });
const part = fc.constantFrom('x', 'y', 'z');

const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ keyword: fc.constant('ENV' as const), name, value }) },
  fc.record({ keyword: fc.constant('LABEL' as const), name, value }),
  fc.record({
    keyword: fc.constant('EXPOSE' as const),
    name: fc.constantFrom('80/tcp', '8080/tcp', '53/udp'),
  }),
  fc.record({ keyword: fc.constant('VOLUME' as const), name: fc.constantFrom('/a', '/b', '/c d') }),
  fc.record({ keyword: fc.constantFrom('CMD', 'ENTRYPOINT', 'SHELL'), words }),
  fc.record({ keyword: fc.constantFrom('USER', 'WORKDIR', 'STOPSIGNAL'), value: part }),
);

/** A Dockerfile after its FROM line. */
export const arbitraryDockerfile: fc.Arbitrary<Instruction[]> = fc.array(instruction, {
  maxLength: 8,
});

export const SCRATCH: Settings = {
  Env: ['PATH=/usr/bin:/bin'],
  Cmd: null,
  Entrypoint: null,
  Labels: {},
  ExposedPorts: {},
  Volumes: {},
  User: '',
  WorkingDir: '',
  StopSignal: '',
  Shell: null,
};

/** The settings of an image built FROM that base. */
export function built(base: Settings, dockerfile: readonly Instruction[]): Settings {
  let made = base;
  let hasCmd = false;
  for (const one of dockerfile) {
    switch (one.keyword) {
      case 'ENV': {
        const entry = `${one.name}=${one.value}`;
        const at = made.Env.findIndex((other) => other.startsWith(`${one.name}=`));
        made = { ...made, Env: at < 0 ? [...made.Env, entry] : made.Env.with(at, entry) };
        break;
      }
      case 'LABEL':
        made = { ...made, Labels: { ...made.Labels, [one.name]: one.value } };
        break;
      case 'EXPOSE':
        made = { ...made, ExposedPorts: { ...made.ExposedPorts, [one.name]: {} } };
        break;
      case 'VOLUME':
        made = { ...made, Volumes: { ...made.Volumes, [one.name]: {} } };
        break;
      case 'CMD':
        made = { ...made, Cmd: one.words };
        hasCmd = true;
        break;
      case 'ENTRYPOINT':
        made = { ...made, Entrypoint: one.words, Cmd: hasCmd ? made.Cmd : null };
        break;
      case 'SHELL':
        made = { ...made, Shell: one.words };
        break;
      case 'USER':
        made = { ...made, User: one.value };
        break;
      case 'WORKDIR':
        made = { ...made, WorkingDir: one.value };
        break;
      case 'STOPSIGNAL':
        made = { ...made, StopSignal: one.value };
        break;
    }
  }
  return made;
}

/** How a builder's history tells an instruction: the classic one's way, or BuildKit's. */
export function historyLine(one: Instruction, buildkit: boolean): string {
  const text = textOf(one, buildkit);
  return buildkit ? `${one.keyword} ${text}` : `/bin/sh -c #(nop)  ${one.keyword} ${text}`;
}

function textOf(one: Instruction, buildkit: boolean): string {
  switch (one.keyword) {
    case 'ENV':
    case 'LABEL':
      return `${one.name}=${one.value}`;
    case 'EXPOSE':
      return buildkit ? `map[${one.name}:{}]` : one.name.replace('/tcp', '');
    case 'VOLUME':
      return `[${one.name}]`;
    case 'CMD':
    case 'ENTRYPOINT':
    case 'SHELL':
      return `[${one.words.map((word) => JSON.stringify(word)).join(' ')}]`;
    case 'USER':
    case 'WORKDIR':
    case 'STOPSIGNAL':
      return one.value;
  }
}

/** The settings as dockerd prints them: each field in its place, maps sorted, none as null. */
export function dockers(made: Settings): Record<string, unknown> {
  const { Env, Cmd, Entrypoint, Labels, ExposedPorts, Volumes, User, WorkingDir } = made;
  return {
    Hostname: '',
    User,
    AttachStdin: false,
    ...(isEmpty(ExposedPorts) ? {} : { ExposedPorts: sorted(ExposedPorts) }),
    Env,
    Cmd,
    Image: '',
    Volumes: isEmpty(Volumes) ? null : sorted(Volumes),
    WorkingDir,
    Entrypoint,
    OnBuild: null,
    Labels: isEmpty(Labels) ? null : sorted(Labels),
    ...(made.StopSignal === '' ? {} : { StopSignal: made.StopSignal }),
    ...(made.Shell === null ? {} : { Shell: made.Shell }),
  };
}

/** The same as BuildKit prints them. */
export function buildkits(made: Settings): Record<string, unknown> {
  const { Env, Cmd, Entrypoint, Labels, ExposedPorts, Volumes, User, WorkingDir } = made;
  return {
    ...(User === '' ? {} : { User }),
    ...(isEmpty(ExposedPorts) ? {} : { ExposedPorts: sorted(ExposedPorts) }),
    Env,
    ...(Entrypoint === null ? {} : { Entrypoint }),
    ...(Cmd === null ? {} : { Cmd }),
    ...(isEmpty(Volumes) ? {} : { Volumes: sorted(Volumes) }),
    ...(WorkingDir === '' ? {} : { WorkingDir }),
    ...(isEmpty(Labels) ? {} : { Labels: sorted(Labels) }),
    ...(made.StopSignal === '' ? {} : { StopSignal: made.StopSignal }),
    OnBuild: null,
    ...(made.Shell === null ? {} : { Shell: made.Shell }),
  };
}

function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}

function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
