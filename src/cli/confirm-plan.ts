import type { OpenStore } from '../api/open-store.ts';
import { refuseBusy, type SessionOptions } from '../api/session.ts';
import { RebaseError } from '../errors.ts';
import { switchOption, type Given } from './options.ts';
import type { Terminal } from './terminal.ts';

/**
 * Refuses what the apply would refuse anyway, before anybody reads the plan: with --yes nobody does.
 * Throws what `refuseBusy` throws.
 */
export async function refuseUnread(
  store: OpenStore,
  given: Given,
  options: SessionOptions,
): Promise<void> {
  if (!switchOption(given, 'yes')) await refuseBusy(store, options);
}

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
