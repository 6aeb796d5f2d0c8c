/**
 * The fields of an image's settings: what each is called, in which order it is written, what counts
 * as "not set". Source: moby v20.10.24 api/types/container/config.go: Config; OCI image-spec
 * specs-go/v1/config.go: ImageConfig.
 */
import { foldsTo } from '../../domain/json-text.ts';

/** How a field is merged: variable by variable, key by key, or as a whole. */
export type Division = 'variables' | 'keys' | 'whole';

/** In the order in which dockerd prints the struct. */
const DOCKER_ORDER = [
  'Hostname',
  'Domainname',
  'User',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'ExposedPorts',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'Env',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Image',
  'Volumes',
  'WorkingDir',
  'Entrypoint',
  'NetworkDisabled',
  'MacAddress',
  'OnBuild',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'Shell',
] as const;

/** In the order in which BuildKit prints the OCI struct and, after it, Docker's additions. */
const OCI_ORDER: readonly string[] = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'Healthcheck',
  'ArgsEscaped',
  'OnBuild',
  'StopTimeout',
  'Shell',
];

/** Fields that dockerd prints without a value too, and how. */
const PRINTED_EMPTY: Readonly<Record<string, string>> = {
  User: '""',
  Tty: 'false',
  OpenStdin: 'false',
  StdinOnce: 'false',
  AttachStdin: 'false',
  AttachStdout: 'false',
  AttachStderr: 'false',
  Env: 'null',
  Cmd: 'null',
  Volumes: 'null',
  WorkingDir: '""',
  Entrypoint: 'null',
  OnBuild: 'null',
  Labels: 'null',
};

/** They name the container or the image that this one was made from: no base hands them on. */
const OF_ITS_MAKING: readonly string[] = ['Hostname', 'Domainname', 'Image', 'MacAddress'];

const DIVIDED: Readonly<Record<string, Division>> = {
  Env: 'variables',
  Labels: 'keys',
  ExposedPorts: 'keys',
  Volumes: 'keys',
};

/** Docker's name of the field that Go would read this key into; the key itself for another one. */
export function fieldOf(key: string): string {
  return DOCKER_ORDER.find((field) => foldsTo(key, field.toLowerCase())) ?? key;
}

/** Whether Docker has a field of this name. */
export function isDockers(field: string): boolean {
  return DOCKER_ORDER.some((known) => known === field);
}

/** Whether a base's value can come into an image. */
export function isHandedOn(field: string): boolean {
  return !OF_ITS_MAKING.includes(field);
}

/** How a field is merged. */
export function divisionOf(field: string): Division {
  return Object.hasOwn(DIVIDED, field) ? (DIVIDED[field] ?? 'whole') : 'whole';
}

/** The order of the fields of settings that have these, unknown ones last. */
export function rankIn(fields: Iterable<string>): (field: string) => number {
  const order: readonly string[] = inDockersStruct(fields) ? DOCKER_ORDER : OCI_ORDER;
  return (field) => {
    const at = order.indexOf(field);
    return at < 0 ? order.length : at;
  };
}

/**
 * What stands for a field without a value, in settings that have these fields: what the base has
 * there, as a build would take it over. Undefined: nothing.
 */
export function emptyIn(
  fields: Iterable<string>,
  field: string,
  base: ReadonlyMap<string, string>,
): string | undefined {
  if (!inDockersStruct(fields) || !Object.hasOwn(PRINTED_EMPTY, field)) return undefined;
  return base.get(field) ?? PRINTED_EMPTY[field];
}

/** Docker's own struct has fields that OCI's does not know. */
function inDockersStruct(fields: Iterable<string>): boolean {
  return [...fields].includes('AttachStdin');
}

/**
 * Whether a value says no more than a field that is missing. An empty list does in Env only: in
 * `ENTRYPOINT []` it takes the base's away.
 */
export function saysNothing(field: string, meaning: string): boolean {
  switch (meaning) {
    case 'null':
    case '""':
    case 'false':
      return true;
    case '[]':
      return field === 'Env';
    case '{}':
      return divisionOf(field) === 'keys';
    default:
      return false;
  }
}
