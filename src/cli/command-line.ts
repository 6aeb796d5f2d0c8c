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
import { addOverlay } from './commands/overlay/overlay.ts';
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
import { usageError } from './usage-error.ts';
import { endProgress } from './terminal.ts';
import { STDIN } from './user-files.ts';
import { VERSION } from './version.ts';

/** What a command is: it adds itself to the parser, and its handler gives an exit code. */
export interface AddCommand {
  (parser: Argv, done: (exitCode: number) => void): Argv;
  /** Of a word that several commands begin with: these commands. */
  readonly commands?: readonly AddCommand[];
}

/** In the order of help. */
export const COMMANDS: readonly AddCommand[] = [
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
  addOverlay,
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
    endProgress('done');
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
      if (error instanceof Error) throw error;
      throw usageError(message ?? '', args, describeCommands(COMMANDS));
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
  const groups = names.filter((name) => name.startsWith(`${first} `));
  const typed = groups.length === 0 ? first : args.slice(0, 2).join(' ');
  const known = groups.length === 0 ? names.map((name) => name.split(' ')[0] ?? '') : groups;
  if (known.includes(typed) || (groups.length > 0 && args[1]?.startsWith('-') !== false)) return;
  const meant = nearest(typed, known);
  if (meant === undefined && groups.length === 0) return;
  throw new RebaseError('USAGE', `there is no command ${typed}`, {
    hint:
      meant === undefined
        ? `there is ${known.map((name) => `rebase-image ${name}`).join(', ')}`
        : `did you mean rebase-image ${meant}?`,
  });
}
