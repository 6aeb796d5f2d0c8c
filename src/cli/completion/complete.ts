/**
 * What may stand where the cursor is: the shell's script asks, and puts in what it is told.
 */
import { SHELLS } from './shells.ts';
import type { CommandDescription, CommandOptions } from '../describe-commands.ts';

/** Told to the shell where a file name is wanted, which it completes itself. */
export const FILES = '__files__';

export interface CompletionFacts {
  readonly commands: readonly CommandDescription[];
  /** Tags of the host; called only where an image may stand. */
  readonly images: () => Promise<readonly string[]>;
}

/** Options whose value is an image, or a file. */
const IMAGE_OPTIONS = ['onto', 'from', 'image', 'base'];
const FILE_OPTIONS = ['out', 'output', 'data-root'];

/** Commands whose words are no images; all others take images. */
const FILE_COMMANDS = ['batch', 'apply', 'overlay apply'];
const NO_IMAGES = [
  'overlay restore',
  'overlay status',
  'overlay drop',
  'history',
  'status',
  'undo',
  'resume',
  'abort',
  'prune',
  'doctor',
  'completion',
];

const SHORT = new Map([
  ['-t', 'tag'],
  ['-o', 'out'],
  ['-H', 'host'],
]);

/**
 * The words that may stand in place of the last of `words` (what was typed after the program's
 * name; the last one is under the cursor and may be empty), or `[FILES]`.
 */
export async function complete(
  words: readonly string[],
  { commands, images }: CompletionFacts,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const named = commands.find(
    ({ name }) => name !== '' && name.split(' ').every((word, at) => word === before[at]),
  );
  const command = named ?? commands.find(({ name }) => name === '');
  if (command === undefined) return [];
  const options = command.options();

  const assigned = /^--([a-z-]+)=(.*)$/s.exec(current);
  if (assigned !== null) {
    const [, option = '', value = ''] = assigned;
    const values = await valuesOf(option, { options, images });
    return values === undefined || values.includes(FILES)
      ? []
      : beginning(values, value).map((each) => `--${option}=${each}`);
  }
  const option = optionBefore(before.at(-1), options);
  if (option !== undefined) {
    return beginning((await valuesOf(option, { options, images })) ?? [], current);
  }
  if (current.startsWith('-')) {
    return beginning(options.names.map((name) => `--${name}`).sort(), current);
  }
  const names = commandWords(commands, before);
  if (names.length > 0 && before.length > 0) return beginning(names, current);
  return beginning([...names, ...(await wordsOf(command, images))], current);
}

/** The words that make the words before them a command, or the beginning of one. */
function commandWords(
  commands: readonly CommandDescription[],
  before: readonly string[],
): string[] {
  const words = commands
    .map(({ name }) => name.split(' '))
    .filter((name) => name[0] !== '' && before.every((word, at) => word === name[at]))
    .map((name) => name[before.length])
    .filter((word) => word !== undefined);
  return [...new Set(words)];
}

async function wordsOf(
  { name }: CommandDescription,
  images: CompletionFacts['images'],
): Promise<readonly string[]> {
  if (name === 'completion') return SHELLS;
  if (FILE_COMMANDS.includes(name)) return [FILES];
  return NO_IMAGES.includes(name) ? [] : images();
}

/** The option whose value comes next, by its long name. */
function optionBefore(word: string | undefined, { valued }: CommandOptions): string | undefined {
  if (word === undefined) return undefined;
  const name = SHORT.get(word) ?? (word.startsWith('--') ? word.slice(2) : undefined);
  return name !== undefined && valued.has(name) ? name : undefined;
}

async function valuesOf(
  option: string,
  { options, images }: { options: CommandOptions } & Pick<CompletionFacts, 'images'>,
): Promise<readonly string[] | undefined> {
  const choices = options.choices.get(option);
  if (choices !== undefined) return choices;
  if (FILE_OPTIONS.includes(option)) return [FILES];
  if (!IMAGE_OPTIONS.includes(option)) return undefined;
  return option === 'from' ? [...(await images()), 'scratch'] : images();
}

function beginning(candidates: readonly string[], current: string): string[] {
  if (candidates.includes(FILES)) return [FILES];
  return candidates.filter((candidate) => candidate.startsWith(current));
}
