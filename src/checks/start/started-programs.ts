/**
 * What a container of an image starts, as far as its command line tells: the command itself, what
 * wrappers such as tini run, what an entrypoint script runs and hands over to.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { Found } from '../../domain/merged-tree.ts';
import { isNoise } from '../shadow-classes.ts';
import type { RunningImage } from './running-image.ts';
import { programsOfLine, wordsOfScript } from './shell-words.ts';

/** Something that is needed when a command line is carried out. */
export interface Needed {
  readonly name: ByteString;
  /**
   * `kernel`: a program that is executed as it is. `program`: one that execvp(3) or a shell starts,
   * which give a file without a format to the shell. `text`: a file that is read.
   */
  readonly as: 'kernel' | 'program' | 'text';
  /** Whether the start fails without it. */
  readonly decides: boolean;
}

/** How a wrapper's command line leads to the program that it runs. */
interface Wrapper {
  /** Options that stand alone, and those that take the next word. */
  readonly alone: RegExp;
  readonly withValue: RegExp;
  /** Words before the program. */
  readonly operands: number;
}

const NEVER = /^\b$/;
const TINI: Wrapper = { alone: /^-[sgvw]+$/, withValue: /^-[pe]$/, operands: 0 };
const SWITCH_USER: Wrapper = { alone: NEVER, withValue: NEVER, operands: 1 };
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  tini: TINI,
  'tini-static': TINI,
  'docker-init': TINI,
  catatonit: TINI,
  'dumb-init': {
    alone: /^(?:-[cv]+|--single-child|--verbose|--rewrite=.*)$/,
    withValue: /^(?:-r|--rewrite)$/,
    operands: 0,
  },
  'su-exec': SWITCH_USER,
  gosu: SWITCH_USER,
  env: { alone: /^(?:[A-Za-z_]\w*=|-$|-i$)/, withValue: /^-u$/, operands: 0 },
  nice: { alone: /^(?:-\d+|-n\d+|--adjustment=.*)$/, withValue: /^-n$/, operands: 0 },
  nohup: { alone: NEVER, withValue: NEVER, operands: 0 },
  setsid: { alone: /^-[cfw]+$/, withValue: NEVER, operands: 0 },
};
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash']);

/** The `#!` line of a script that a shell reads. */
const SHELL_SCRIPT = /^#![^\n]*\b(?:sh|bash|dash|ash)\b/;
/** A word that may be a file's name. */
const FILE_NAME = /^[\w./][\w./+:@%,-]*$/;

/** A script that ends by becoming its arguments. */
const HANDS_OVER = /^[ \t]*exec[ \t]+"?\$@"?[ \t]*$/m;

const MOST_STEPS = 8;

/** What a command line needs, in the order of the start; [] for none. */
export function neededBy(image: RunningImage, command: readonly ByteString[]): Needed[] {
  const needed: Needed[] = [];
  let words = command;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const [name] = words;
    if (name === undefined || name === '') break;
    needed.push({ name, as: steps === 0 ? 'kernel' : 'program', decides: true });
    const [more, next] = stepOf(image, words);
    needed.push(...more);
    words = next;
  }
  const named = new Set(needed.map(({ name }) => name));
  return [...needed, ...namedFiles(command).filter(({ name }) => !named.has(name))];
}

/** What a program of a command line needs, and the command line that it becomes ([]: none known). */
function stepOf(
  image: RunningImage,
  [name = '', ...rest]: readonly ByteString[],
): [needed: readonly Needed[], next: readonly ByteString[]] {
  const baseName = name.slice(name.lastIndexOf('/') + 1);
  if (SHELLS.has(baseName)) return stepOfShell(image, rest);
  if (Object.hasOwn(WRAPPERS, baseName)) return [[], afterOptions(WRAPPERS[baseName], rest)];
  const found = image.program(name);
  return found === undefined ? [[], []] : stepOfScript(image, found, rest);
}

function stepOfShell(
  image: RunningImage,
  words: readonly ByteString[],
): [needed: readonly Needed[], next: readonly ByteString[]] {
  const [first = '', ...rest] = words;
  if (/^-[elux]*c$/.test(first)) {
    const programs = programsOfLine(rest[0] ?? '');
    return [programs.map((program) => ({ ...program, as: 'program' })), []];
  }
  const [script, ...operands] = /^-[elux]+$/.test(first) ? rest : words;
  if (script === undefined || !FILE_NAME.test(script)) return [[], []];
  const found = image.file(script) ?? image.program(script);
  const [needed, next] =
    found === undefined ? [[], []] : stepOfScript(image, found, operands, true);
  return [[{ name: script, as: 'text', decides: true }, ...needed], next];
}

/** `isRead`: a shell was told to read it, so that it needs no `#!` line. */
function stepOfScript(
  image: RunningImage,
  found: Found,
  rest: readonly ByteString[],
  isRead = false,
): [needed: readonly Needed[], next: readonly ByteString[]] {
  const head = image.head(found);
  if (head === undefined || !(isRead || SHELL_SCRIPT.test(head))) return [[], []];
  const text = image.text(found) ?? '';
  const { programs, sourced } = wordsOfScript(text);
  const needed = [
    ...programs.map((name) => ({ name, as: 'program', decides: false }) as const),
    ...sourced.map((name) => ({ name, as: 'text', decides: false }) as const),
  ];
  return [needed, HANDS_OVER.test(text) && /^[\w./]/.test(rest[0] ?? '') ? rest : []];
}

/** Words of a command line that could be files: what is none on either base tells nothing. */
function namedFiles([, ...words]: readonly ByteString[]): Needed[] {
  const names = words.flatMap((word) => word.split(/[\s;&|<>()'"=]+/));
  return [...new Set(names)]
    .filter((name) => FILE_NAME.test(name) && !isNoise(name.replace(/^\/+/, '')))
    .map((name) => ({ name, as: 'text', decides: false }));
}

function afterOptions(wrapper: Wrapper | undefined, words: readonly ByteString[]) {
  if (wrapper === undefined) return [];
  const left = [...words];
  for (let word = left[0]; word !== undefined; word = left[0]) {
    if (word === '--') {
      left.shift();
      break;
    }
    if (wrapper.withValue.test(word)) left.splice(0, 2);
    else if (wrapper.alone.test(word)) left.shift();
    else break;
  }
  const program = left.slice(wrapper.operands);
  return program[0]?.startsWith('-') === true ? [] : program;
}
