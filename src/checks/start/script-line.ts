/**
 * The `#!` line of a script, as the kernel reads it: an interpreter and at most one argument.
 * Sources: execve(2) "Interpreter scripts"; Linux fs/binfmt_script.c; env(1) of GNU coreutils.
 */
import type { ByteString } from '../../domain/byte-string.ts';

export interface ScriptLine {
  readonly interpreter: ByteString;
  readonly argument: ByteString | undefined;
}

/** BINPRM_BUF_SIZE: what the kernel sees of a file; a line without an end loses the last byte. */
const SEEN = 256;

/** Undefined: no script, or one that the kernel refuses (its interpreter's name is cut off). */
export function scriptLineOf(head: ByteString): ScriptLine | undefined {
  if (!head.startsWith('#!')) return undefined;
  const seen = head.slice(2, SEEN);
  const end = seen.search(/[\n\0]/);
  const whole = end >= 0 || head.length < SEEN;
  const line = seen.slice(0, end < 0 ? SEEN - 3 : end).replace(/^[ \t]+/, '');
  const gap = line.search(/[ \t]/);
  if (gap < 0)
    return line === '' || !whole ? undefined : { interpreter: line, argument: undefined };
  const argument = line.slice(gap).replace(/^[ \t]+|[ \t]+$/g, '');
  return { interpreter: line.slice(0, gap), argument: argument === '' ? undefined : argument };
}

/**
 * The program that `env` runs for this argument, by its name on PATH; undefined when that is not
 * certain (`-i` and the like, quoting, variables).
 */
export function programOfEnv(argument: ByteString): ByteString | undefined {
  const split = /^(?:-S|--split-string=)[ \t]*(.*)$/.exec(argument)?.[1];
  const words = split === undefined ? [argument] : split.split(/[ \t]+/);
  const program = words.find((word) => !word.includes('='));
  if (program === undefined || !/^[\w./+@%,:-]+$/.test(program)) return undefined;
  return program.startsWith('-') ? undefined : program;
}

/** Whether this is `env`, by whatever path. */
export function isEnv(interpreter: ByteString): boolean {
  return interpreter.endsWith('/env');
}
