import yargs, { type Argv } from 'yargs';
import { listTags } from '../api/list-tags.ts';
import { RebaseError } from '../errors.ts';
import { KEEP_OLD_TEMPLATE } from '../plan/plan-tags.ts';
import { addAbort } from './commands/abort.ts';
import { addApply } from './commands/apply.ts';
import { addBase } from './commands/base.ts';
import { addBatch } from './commands/batch.ts';
import { addCheck } from './commands/check.ts';
import { addCompletion } from './commands/completion.ts';
import { addDependents } from './commands/dependents.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHistory } from './commands/history.ts';
import { addPrune } from './commands/prune.ts';
import { addRebase } from './commands/rebase.ts';
import { addResume } from './commands/resume.ts';
import { addStatus } from './commands/status.ts';
import { addUndo } from './commands/undo.ts';
import { complete } from './completion/complete.ts';
import { COMPLETE } from './completion/scripts.ts';
import { describeCommands } from './describe-commands.ts';
import { reportFailure } from './report-failure.ts';
import { manPage } from './man-page.ts';
import { nearest } from './suggest.ts';
import { STDIN } from './user-files.ts';
import { VERSION } from './version.ts';

/** What a command is: it adds itself to the parser, and its handler gives an exit code. */
export type AddCommand = (parser: Argv, done: (exitCode: number) => void) => Argv;

const COMMANDS: readonly AddCommand[] = [
  addRebase,
  addBatch,
  addApply,
  addBase,
  addCheck,
  addDependents,
  addDoctor,
  addHistory,
  addStatus,
  addUndo,
  addResume,
  addAbort,
  addPrune,
  addCompletion,
];
/** The word by which the build asks for the man page. */
const MAN_PAGE = '__man';

/** Runs one command line (without node and the script) and returns the process exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const done = (code: number): void => {
    exitCode = code;
  };
  try {
    if (args[0] === COMPLETE) return await printCompletions(args.slice(1));
    if (args[0] === MAN_PAGE) return await printManPage();
    refuseMistypedCommand(args);
    refuseMistypedSwitch(args);
    await parserFor(args, done).parseAsync();
    return exitCode;
  } catch (error) {
    return reportFailure(error, args);
  }
}

async function printCompletions(words: readonly string[]): Promise<number> {
  const found = await complete(words, {
    commands: describeCommands(COMMANDS),
    images: () => listTags({ env: process.env }),
  });
  process.stdout.write(found.map((word) => `${word}\n`).join(''));
  return 0;
}

async function printManPage(): Promise<number> {
  process.stdout.write(await manPage(describeCommands(COMMANDS), VERSION));
  return 0;
}

function parserFor(args: readonly string[], done: (exitCode: number) => void): Argv {
  // Nothing that follows a lone -- could be an image if it began with a dash.
  const start = yargs(args.filter((arg) => arg !== '--').map(withMeaning))
    .scriptName('rebase-image')
    .parserConfiguration({
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'greedy-arrays': false,
    })
    .wrap(80)
    .version(VERSION)
    .alias('h', 'help')
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error ? error : usageError(message ?? '', args);
    })
    .epilogue('Docs: README.md of the package. Undo: rebase-image undo.');
  return COMMANDS.reduce((parser, add) => add(parser, done), start);
}

/**
 * A bare --keep-old means its default, and must not swallow the image that follows; a lone dash is
 * lost on yargs, which takes it for the beginning of an option.
 */
function withMeaning(arg: string): string {
  if (arg === '-') return STDIN;
  return arg === '--keep-old' ? `--keep-old=${KEEP_OLD_TEMPLATE}` : arg;
}

/** yargs reads any other word as false, and a dry run would be a real one. */
function refuseMistypedSwitch(args: readonly string[]): void {
  for (const arg of args) {
    const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/s.exec(arg) ?? [];
    if (name === '' || value === 'true' || value === 'false') continue;
    const isSwitch = describeCommands(COMMANDS)
      .map(({ options }) => options())
      .some(({ names, valued }) => names.includes(name) && !valued.has(name));
    if (!isSwitch) continue;
    throw new RebaseError('USAGE', `--${name} is on or off, not ${JSON.stringify(value)}`, {
      hint: `write --${name}, or leave it out`,
    });
  }
}

/** A word that is nearly a command would otherwise be taken for an image. */
function refuseMistypedCommand(args: readonly string[]): void {
  const [first] = args;
  if (first === undefined || first.startsWith('-') || args.some((arg) => /^--onto\b/.test(arg))) {
    return;
  }
  const names = describeCommands(COMMANDS).map(({ name }) => name);
  const meant = names.includes(first) ? undefined : nearest(first, names);
  if (meant === undefined) return;
  throw new RebaseError('USAGE', `there is no command ${first}`, {
    hint: `did you mean rebase-image ${meant}?`,
  });
}

function usageError(message: string, args: readonly string[]): RebaseError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) {
    if (message.startsWith('Not enough non-option arguments')) return noImage();
    const line = message.split('\n').map((part) => part.trim());
    return new RebaseError('USAGE', line.filter((part) => part !== '').join(' '), {
      hint: 'rebase-image --help',
    });
  }
  const typed = args.find((arg) => arg.replace(/^-+/, '').split('=')[0] === unknown) ?? unknown;
  const names = describeCommands(COMMANDS).flatMap(({ options }) => options().names);
  const meant = names.includes(unknown) ? undefined : nearest(unknown, names);
  if (!typed.startsWith('-')) {
    return new RebaseError('USAGE', `${typed} is one word too many`, {
      hint: 'rebase-image --help',
    });
  }
  return new RebaseError('USAGE', `there is no option ${typed.split('=')[0] ?? typed} here`, {
    hint: meant === undefined ? 'rebase-image --help' : `did you mean --${meant}?`,
  });
}

function noImage(): RebaseError {
  return new RebaseError('USAGE', 'no image is named', {
    hint: 'rebase-image IMAGE --onto BASE, or rebase-image --help',
  });
}
