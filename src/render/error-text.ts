import { RebaseError } from '../errors.ts';
import { pageOf } from './page.ts';
import { oneLine, printable } from './printable.ts';

/**
 * An error as one line that names the thing and one with the next step. A stack only with `debug`
 * or for what is not a RebaseError: then it is a bug of ours, and the text says so.
 */
export function renderError(
  error: unknown,
  { color, debug }: { readonly color: boolean; readonly debug: boolean },
): string {
  const { paint } = pageOf({ color });
  const known = error instanceof RebaseError;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const hint = known
    ? error.hint
    : 'this is a bug in rebase-image; please report it with this text';
  const lines = [
    `${paint.red('rebase-image:')} ${oneLine(message)}`,
    ...(hint === undefined ? [] : [`  ${paint.dim('hint:')} ${oneLine(hint)}`]),
    ...(debug || !known ? stackLines(error).map(paint.dim) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** How many causes of causes are shown. */
const DEEPEST_CAUSE = 8;

/** The stack of the error and of its causes, each line printable. */
function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; current instanceof Error && depth < DEEPEST_CAUSE; depth += 1) {
    const stack = current.stack ?? `${current.name}: ${current.message}`;
    if (depth > 0) lines.push('  caused by:');
    lines.push(...stack.split('\n').map((line) => `  ${printable(line.trimEnd())}`));
    current = current.cause;
  }
  return lines;
}
