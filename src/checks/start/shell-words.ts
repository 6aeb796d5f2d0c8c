/**
 * The programs that a shell command line runs, and the commands of a shell script, as far as they
 * can be told without a shell.
 */
import type { ByteString } from '../../domain/byte-string.ts';

/** A program that a command line runs. */
export interface LineProgram {
  readonly name: ByteString;
  /** Whether the line fails when this program cannot be started. */
  readonly decides: boolean;
}

/** A word that means itself: no quoting, no expansion, no operator. */
const PLAIN = /^[\w./+:@%,=-]+$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** Commands that leave the shell as it is, as far as programs are concerned. */
const PASSED_OVER = new Set(['cd', 'set', 'umask', 'ulimit', ':', 'true']);

/** What a shell does itself (dash, bash, busybox): nothing is looked for on PATH. */
const BUILT_IN = new Set(
  (
    '. [ [[ { ( ! alias bg bind break builtin case command continue declare dirs disown do done ' +
    'echo elif else enable esac eval exit export false fc fg fi for function getopts hash help ' +
    'history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray ' +
    'readonly return select shift shopt source suspend test then time times trap type typeset ' +
    'unalias unset until wait while'
  ).split(' '),
);

/** A longer line is none that a person wrote, and each command looks at those after it. */
const MOST_COMMANDS = 200;

/** Words of a script that stand before a command. */
const LEADS_TO_COMMAND = new Set('! do elif else exec if then time until while'.split(' '));

/** `cd /srv && foo && exec bar $X` -> `foo`, `bar`; it ends where the line is not that plain. */
export function programsOfLine(line: ByteString): LineProgram[] {
  const [commands, operators] = commandsOf(line);
  if (commands.length > MOST_COMMANDS) return [];
  const programs: LineProgram[] = [];
  let endsOnError = false;
  for (const [at, command] of commands.entries()) {
    const words = command.split(/[ \t]+/).filter((word) => word !== '');
    while (ASSIGNMENT.test(words[0] ?? '') && PLAIN.test(words[0] ?? '')) words.shift();
    const replaces = words[0] === 'exec';
    if (replaces) words.shift();
    const [first] = words;
    if (first === undefined) continue;
    if (!PLAIN.test(first) || first.startsWith('-') || ASSIGNMENT.test(first)) break;
    if (PASSED_OVER.has(first)) {
      // A quote in what is passed over could reach into the next command.
      if (!words.every((word) => PLAIN.test(word))) break;
      endsOnError ||= first === 'set' && /^-[a-z]*e/.test(words[1] ?? '');
      continue;
    }
    if (BUILT_IN.has(first)) break;
    const before = operators.slice(0, at);
    const rest = commands.slice(at + 1).some((other) => other.trim() !== '');
    const decides =
      !before.some((operator) => operator === '||' || operator === '|' || operator === '&') &&
      (!rest || replaces || allSucceed(operators.slice(at), endsOnError));
    programs.push({ name: first, decides });
    if (replaces) break;
  }
  return programs;
}

/**
 * The first words of the commands in a shell script, functions and words of texts among them, and
 * the files with absolute names that it reads (`. /lib/functions`). Any of them may never be reached.
 */
export function wordsOfScript(text: ByteString): { programs: ByteString[]; sourced: ByteString[] } {
  const [programs, sourced] = [new Set<ByteString>(), new Set<ByteString>()];
  for (const line of text.split('\n')) {
    if (/^[ \t]*#/.test(line)) continue;
    for (const command of line.split(/[;|&(){}`]+/)) {
      const words = command.split(/[ \t]+/).filter((word) => word !== '');
      while (LEADS_TO_COMMAND.has(words[0] ?? '') || ASSIGNMENT.test(words[0] ?? '')) words.shift();
      const [first = '', second = ''] = words;
      if (first === '.' || first === 'source') {
        if (second.startsWith('/') && PLAIN.test(second)) sourced.add(second);
      } else if (PLAIN.test(first) && !BUILT_IN.has(first) && !PASSED_OVER.has(first)) {
        programs.add(first);
      }
    }
  }
  return { programs: [...programs], sourced: [...sourced] };
}

/** The commands of a line and the operators between them. */
function commandsOf(line: ByteString): [commands: ByteString[], operators: ByteString[]] {
  const parts = line
    // What is quoted is no operator; the mark that stays makes the word none that is plain.
    .replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/gs, '"')
    // 2>&1
    .replace(/[<>]&|&>/g, '>')
    .split(/(&&|\|\||[|&;\n])/);
  return [parts.filter((_, at) => at % 2 === 0), parts.filter((_, at) => at % 2 === 1)];
}

/** Whether a failure before these operators is the failure of the line. */
function allSucceed(operators: readonly ByteString[], endsOnError: boolean): boolean {
  return operators.every(
    (operator) => operator === '&&' || (endsOnError && (operator === ';' || operator === '\n')),
  );
}
