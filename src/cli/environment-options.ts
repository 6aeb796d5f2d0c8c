/** Options that may come from the environment, with what they hold. */
const FROM_ENVIRONMENT: Readonly<Record<string, 'text' | 'switch'>> = {
  tag: 'text',
  'keep-old': 'text',
  'dry-run': 'switch',
  'stage-only': 'switch',
  config: 'text',
  clone: 'text',
  'stop-command': 'text',
  'start-command': 'text',
  input: 'switch',
  'data-root': 'text',
  host: 'text',
  context: 'text',
  json: 'switch',
  quiet: 'switch',
  trunc: 'switch',
  color: 'text',
  'detailed-exitcode': 'switch',
  'lock-timeout': 'text',
  debug: 'switch',
};
const PREFIX = 'REBASE_IMAGE_';

/**
 * Options from REBASE_IMAGE_* variables, for yargs' config. What decides over images and daemon
 * (yes, allow, restart, all, from, onto) is never taken from there: it belongs on the command line,
 * where it can be seen.
 */
export function environmentOptions(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = {};
  for (const [name, kind] of Object.entries(FROM_ENVIRONMENT)) {
    const upper = name.toUpperCase().replaceAll('-', '_');
    const value = env[`${PREFIX}${upper}`];
    if (value !== undefined && value !== '') {
      options[name] = kind === 'text' ? value : isOn(value);
    }
    // The two that are known by their negation: REBASE_IMAGE_NO_INPUT, REBASE_IMAGE_NO_TRUNC.
    const negated = env[`${PREFIX}NO_${upper}`];
    if (negated !== undefined && negated !== '' && kind === 'switch')
      options[name] = !isOn(negated);
  }
  return options;
}

function isOn(value: string): boolean {
  return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
