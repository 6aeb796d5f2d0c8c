import type { Options } from 'yargs';

const PREFIX = 'REBASE_IMAGE_';
/**
 * What decides over images and daemon is never taken from the environment: it belongs on the
 * command line, where it can be seen.
 */
const COMMAND_LINE_ONLY = [
  'yes',
  'allow',
  'restart',
  'no-restart',
  'restart-containers',
  'all',
  'from',
  'onto',
  'base',
  'strategy',
];

/** What REBASE_IMAGE_* variables say of these options, for yargs' config; empty ones say nothing. */
export function environmentOptions(
  env: Readonly<Record<string, string | undefined>>,
  options: Readonly<Record<string, Options>>,
): Record<string, string | boolean> {
  const given: Record<string, string | boolean> = {};
  for (const [name, { type }] of Object.entries(options)) {
    if (COMMAND_LINE_ONLY.includes(name)) continue;
    const value = env[`${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`];
    if (value !== undefined && value !== '') given[name] = type === 'boolean' ? isOn(value) : value;
  }
  return given;
}

function isOn(value: string): boolean {
  return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
