import { RebaseError } from '../errors.ts';
import { switchOption, type Given } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Asks for a yes to what has been shown, unless --yes said it. Throws DECLINED. */
export async function confirmPlan(terminal: Terminal, given: Given): Promise<void> {
  if (switchOption(given, 'yes')) return;
  if (!terminal.canAsk) {
    throw new RebaseError('DECLINED', 'nobody is there to say yes to the plan', {
      hint: '--yes says it; --dry-run shows the plan only',
    });
  }
  if (await terminal.confirm('Apply this plan? [y/N] ')) return;
  throw new RebaseError('DECLINED', 'declined; nothing was changed');
}
