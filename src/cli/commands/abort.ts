import type { Argv } from 'yargs';
import { abortTransaction } from '../../api/abort-transaction.ts';
import { openStore } from '../../api/open-store.ts';
import {
  sessionOptions,
  storeOptions,
  terminalOf,
  withRestartAccepted,
  type Given,
} from '../options.ts';
import { showOutcome } from '../show-outcome.ts';
import { catchSignals } from '../signals.ts';

export function addAbort(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'abort',
    'Take back what was staged or interrupted',
    withRestartAccepted,
    async (given: Given) => {
      catchSignals();
      const terminal = terminalOf(given);
      const store = await openStore(storeOptions(given));
      const outcome = await abortTransaction(store, sessionOptions(given, terminal));
      showOutcome(terminal, outcome);
      done(0);
    },
  );
}
