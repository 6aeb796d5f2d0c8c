/**
 * The first program that a shell command line runs, where that is certain.
 */
import type { ByteString } from '../../domain/byte-string.ts';

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

/** `cd /srv && exec foo $X` -> `foo`; undefined when the line is not as plain as that. */
export function firstProgramOf(line: ByteString): ByteString | undefined {
  for (const command of line.split(/&&|;|\n/)) {
    const words = command.split(/[ \t]+/).filter((word) => word !== '');
    while (ASSIGNMENT.test(words[0] ?? '') && PLAIN.test(words[0] ?? '')) words.shift();
    if (words[0] === 'exec') words.shift();
    const [first] = words;
    if (first === undefined) continue;
    if (!PLAIN.test(first) || first.startsWith('-') || ASSIGNMENT.test(first)) return undefined;
    if (!PASSED_OVER.has(first)) return BUILT_IN.has(first) ? undefined : first;
    // An operator or a quote in what is passed over could reach into the next command.
    if (!words.every((word) => PLAIN.test(word))) return undefined;
  }
  return undefined;
}
