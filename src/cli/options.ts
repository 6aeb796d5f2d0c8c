/**
 * Options that several commands share, and what a command gets from them.
 */
import type { Argv, Options } from 'yargs';
import type { StoreOptions } from '../api/open-store.ts';
import type { RestartOptions } from '../api/restart-daemon.ts';
import type { SessionOptions } from '../api/session.ts';
import { CHECKS } from '../domain/finding.ts';
import { RebaseError } from '../errors.ts';
import { askRestart } from './ask-restart.ts';
import { environmentOptions } from './environment-options.ts';
import { terminalFor, type Terminal } from './terminal.ts';
import { endSignal } from './signals.ts';

const STORE = {
  'data-root': { type: 'string', describe: "dockerd's data-root (default: what the daemon says)" },
  host: { alias: 'H', type: 'string', describe: 'socket of the daemon, unix://PATH' },
  context: { type: 'string', describe: 'docker context that names the daemon' },
} as const satisfies Record<string, Options>;

const OUTPUT = {
  json: { type: 'boolean', default: false, describe: 'one JSON document on stdout' },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print IDs only' },
  'no-trunc': { type: 'boolean', default: false, describe: 'full IDs, names and lists' },
  color: { choices: ['auto', 'always', 'never'] as const, default: 'auto', describe: 'colours' },
  'detailed-exitcode': {
    type: 'boolean',
    default: false,
    describe: 'exit with 2 when there are changes',
  },
  debug: { type: 'boolean', default: false, describe: 'show stack traces' },
} as const satisfies Record<string, Options>;

const WRITING = {
  yes: { alias: 'y', type: 'boolean', default: false, describe: 'yes to the plan' },
  'no-input': { type: 'boolean', default: false, describe: 'never ask, fail instead' },
  'lock-timeout': {
    type: 'string',
    default: '0',
    describe: 'seconds to wait for another rebase-image',
  },
} as const satisfies Record<string, Options>;

const ALLOW = {
  allow: {
    type: 'string',
    array: true,
    describe: `waive checks: ${CHECKS.join(', ')}`,
  },
} as const satisfies Record<string, Options>;

const RESTARTING = {
  ...ALLOW,
  restart: { type: 'boolean', default: false, describe: 'restart dockerd without asking' },
  'no-restart': {
    type: 'boolean',
    default: false,
    describe: 'leave the restart of dockerd to you',
  },
  'stop-command': { type: 'string', describe: 'how to stop dockerd (default: systemd)' },
  'start-command': { type: 'string', describe: 'how to start dockerd (default: systemd)' },
} as const satisfies Record<string, Options>;

/** Adds options, with what the environment says of them. */
export function withOptions(parser: Argv, options: Readonly<Record<string, Options>>): Argv {
  return parser.options(options).config(environmentOptions(process.env, options));
}

/** Options of every command. */
export function withStore(parser: Argv): Argv {
  return withOptions(withOptions(parser, STORE), OUTPUT)
    .group(Object.keys(STORE), 'Daemon and store:')
    .group(Object.keys(OUTPUT), 'Output:');
}

/** Options of every command that writes. */
export function withWriting(parser: Argv): Argv {
  return withStore(withOptions(parser, WRITING));
}

/** Options of a command that judges and writes nothing. */
export function withAllow(parser: Argv): Argv {
  return withStore(withOptions(parser, ALLOW));
}

/** Options of every command that may restart the daemon. */
export function withRestarting(parser: Argv): Argv {
  return withWriting(withOptions(parser, RESTARTING));
}

/**
 * Options of a command that writes and never needs a restart: a script may give it the same options
 * as all others, and help does not promise what they would do.
 */
export function withRestartAccepted(parser: Argv): Argv {
  return withWriting(withHidden(parser, RESTARTING));
}

/** The same of a command that checks can refuse. */
export function withAllowAccepted(parser: Argv): Argv {
  const { allow, ...others } = RESTARTING;
  return withWriting(withOptions(withHidden(parser, others), { allow }));
}

function withHidden(parser: Argv, options: Readonly<Record<string, Options>>): Argv {
  const hidden = Object.entries(options).map(([name, option]) => {
    return [name, { ...option, hidden: true }] as const;
  });
  return withOptions(parser, Object.fromEntries(hidden));
}

/** The options that were given, by name. Every text option is checked to be given once. */
export type Given = Readonly<Record<string, unknown>>;

/** A text option: undefined when it is not given. Throws USAGE when it is empty or given twice. */
export function textOption(given: Given, name: string): string | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    throw new RebaseError('USAGE', `--${name} is given ${value.length} times`, {
      hint: `give it once`,
    });
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '') {
    throw new RebaseError('USAGE', `--${name} is empty`, { hint: `write --${name} VALUE` });
  }
  return text;
}

export function switchOption(given: Given, name: string): boolean {
  const value = given[name];
  return Array.isArray(value) ? value.at(-1) === true : value === true;
}

export function storeOptions(given: Given): StoreOptions {
  return {
    dataRoot: textOption(given, 'data-root'),
    host: textOption(given, 'host'),
    context: textOption(given, 'context'),
    env: process.env,
  };
}

export function terminalOf(given: Given): Terminal {
  return terminalFor({
    color: textOption(given, 'color') ?? 'auto',
    noTrunc: switchOption(given, 'no-trunc'),
    json: switchOption(given, 'json'),
    quiet: switchOption(given, 'quiet'),
    input: !switchOption(given, 'no-input'),
  });
}

export function sessionOptions(given: Given, terminal: Terminal): SessionOptions {
  const text = textOption(given, 'lock-timeout') ?? '0';
  const lockTimeoutSeconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new RebaseError('USAGE', `--lock-timeout ${text} is no number of seconds`, {
      hint: '--lock-timeout 60',
    });
  }
  return { lockTimeoutSeconds, progress: terminal.progress, signal: endSignal };
}

export function restartOptions(given: Given, terminal: Terminal): RestartOptions {
  const asks = terminal.canAsk && !switchOption(given, 'yes');
  return {
    restart: restartAnswer(given),
    stopCommand: textOption(given, 'stop-command'),
    startCommand: textOption(given, 'start-command'),
    allow: allowedChecks(given),
    ask: asks ? (question) => askRestart(terminal, question) : undefined,
  };
}

function restartAnswer(given: Given): boolean | undefined {
  const yes = switchOption(given, 'restart');
  const no = switchOption(given, 'no-restart');
  if (yes && no) {
    throw new RebaseError('USAGE', '--restart and --no-restart contradict each other', {
      hint: 'give one of them',
    });
  }
  return yes ? true : no ? false : undefined;
}

/** --allow, given once or several times, each a list. Throws USAGE for a name that is no check. */
export function allowedChecks(given: Given): ReadonlySet<string> {
  const lists = (given['allow'] ?? []) as readonly unknown[];
  const names = lists.flatMap((list) => String(list).split(','));
  const unknown = names.find((name) => !(CHECKS as readonly string[]).includes(name));
  if (unknown === undefined) return new Set(names);
  throw new RebaseError('USAGE', `--allow ${unknown}: there is no such check`, {
    hint: `the checks are ${CHECKS.join(', ')}`,
  });
}
