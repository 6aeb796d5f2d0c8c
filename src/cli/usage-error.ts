import { RebaseError } from '../errors.ts';
import type { CommandDescription } from './describe-commands.ts';
import { nearest } from './suggest.ts';

const HELP = 'rebase-image --help';

/** What the parser has against the words, in this program's words. `message` is the parser's. */
export function usageError(
  message: string,
  args: readonly string[],
  commands: readonly CommandDescription[],
): RebaseError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown !== undefined) return unknownWord(unknown, args, commands);
  if (message.startsWith('Not enough non-option arguments')) return missingWord(args, commands);
  if (message.startsWith('Invalid values:')) return otherChoice(message, args);
  const lines = message.split('\n').map((line) => line.trim());
  return new RebaseError('USAGE', lines.filter((line) => line !== '').join(' '), { hint: HELP });
}

function unknownWord(
  unknown: string,
  args: readonly string[],
  commands: readonly CommandDescription[],
): RebaseError {
  const typed = args.find((arg) => arg.replace(/^-+/, '').split('=')[0] === unknown) ?? unknown;
  if (!typed.startsWith('-')) {
    return new RebaseError('USAGE', `${typed} is one word too many`, { hint: HELP });
  }
  const names = commands.flatMap(({ options }) => options().names);
  const meant = names.includes(unknown) ? undefined : nearest(unknown, names);
  return new RebaseError('USAGE', `there is no option ${typed.split('=')[0] ?? typed} here`, {
    hint: meant === undefined ? HELP : `did you mean --${meant}?`,
  });
}

/** `batch <file>` without its file; `check <images..>` without an image. */
function missingWord(
  args: readonly string[],
  commands: readonly CommandDescription[],
): RebaseError {
  // `overlay apply` before `apply`.
  const [command] = commands
    .filter(({ name }) => name.split(' ').every((each) => args.includes(each)))
    .sort((a, b) => b.name.length - a.name.length);
  const word = /<(\w+?)(s\.\.)?>/.exec(command?.usage ?? '')?.[1] ?? 'image';
  const name = command === undefined ? '' : `${command.name} `;
  return new RebaseError('USAGE', `no ${word} is named`, {
    hint: `rebase-image ${name}--help`,
  });
}

/** `Argument: clone, Given: "foo", Choices: "auto", "link"`: the first of them, if several. */
function otherChoice(message: string, args: readonly string[]): RebaseError {
  const parts = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  const [, name = '', given = '', choices = ''] = parts;
  const isOption = args.some((arg) => arg.split('=')[0] === `--${name}`);
  return new RebaseError('USAGE', `${isOption ? `--${name}` : name} cannot be ${given}`, {
    hint: `choose one of ${choices.replaceAll('"', '')}`,
  });
}
