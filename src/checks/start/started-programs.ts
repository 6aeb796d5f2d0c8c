/**
 * The programs that a container of an image starts, as far as its command line tells: the command
 * itself, what wrappers such as tini run, what an entrypoint script hands over to.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { RunningImage } from './running-image.ts';
import { firstProgramOf } from './shell-words.ts';

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
  env: { alone: /^[A-Za-z_]\w*=/, withValue: /^-u$/, operands: 0 },
};
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash']);

/** A script that ends by becoming its arguments. */
const HANDS_OVER = /^[ \t]*exec[ \t]+"?\$@"?[ \t]*$/m;

const MOST_STEPS = 8;

/** The names, as execvp would be given them, in the order of the start. */
export function startedPrograms(image: RunningImage, command: readonly ByteString[]): ByteString[] {
  const names: ByteString[] = [];
  let words = command;
  while (words[0] !== undefined && words[0] !== '' && names.length < MOST_STEPS) {
    names.push(words[0]);
    words = handedTo(image, words);
  }
  return names;
}

/** The command line that this one runs in its turn; [] when it runs none that is known. */
function handedTo(image: RunningImage, words: readonly ByteString[]): readonly ByteString[] {
  const [name = '', ...rest] = words;
  const baseName = name.slice(name.lastIndexOf('/') + 1);
  if (SHELLS.has(baseName)) {
    const program = /^-[elux]*c$/.test(rest[0] ?? '') ? firstProgramOf(rest[1] ?? '') : undefined;
    return program === undefined ? [] : [program];
  }
  if (Object.hasOwn(WRAPPERS, baseName)) return afterOptions(WRAPPERS[baseName], rest);
  return handsOver(image, name) && /^[\w./]/.test(rest[0] ?? '') ? rest : [];
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

function handsOver(image: RunningImage, name: ByteString): boolean {
  const found = image.program(name);
  const head = found === undefined ? undefined : image.head(found);
  if (found === undefined || head?.startsWith('#!') !== true) return false;
  const text = image.text(found);
  return text !== undefined && HANDS_OVER.test(text);
}
