import { exitCodeOf, RebaseError } from '../errors.ts';
import { renderError } from '../render/error-text.ts';
import { toJsonText } from '../render/json-document.ts';
import { errorDocument } from '../render/outcome-json.ts';
import { environmentOptions } from './environment-options.ts';
import { signalExitCode } from './signals.ts';
import { endProgress } from './terminal.ts';

/** Prints an error where it belongs and returns the exit code for it. */
export function reportFailure(error: unknown, args: readonly string[]): number {
  endProgress('failed');
  const debug = isOn('debug', args);
  if (isOn('json', args)) process.stdout.write(toJsonText(errorDocument(error)));
  const color = process.stderr.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  process.stderr.write(renderError(error, { color, debug }));
  if (!(error instanceof RebaseError)) return 1;
  return error.code === 'INTERRUPTED' ? signalExitCode() : exitCodeOf(error.code);
}

/** Whether a switch is on, read from the words themselves: they may not have been parsed. */
function isOn(name: string, args: readonly string[]): boolean {
  const fromEnvironment = environmentOptions(process.env, { [name]: { type: 'boolean' } });
  return (
    args.includes(`--${name}`) || args.includes(`--${name}=true`) || fromEnvironment[name] === true
  );
}
