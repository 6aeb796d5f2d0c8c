import type { Argv } from 'yargs';
import { openStore } from '../../api/open-store.ts';
import { resumeTransaction } from '../../api/resume-transaction.ts';
import {
  restartOptions,
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  withOptions,
  withRestarting,
  type Given,
} from '../options.ts';
import { showOutcome } from '../show-outcome.ts';
import { catchSignals } from '../signals.ts';
import { RUNNING } from './overlay/run-overlay.ts';

export function addResume(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'resume',
    'Go on with what was staged or interrupted; apply again what dockerd overwrote',
    (command) => withRestarting(withOptions(command, RUNNING)),
    async (given: Given) => {
      catchSignals();
      const terminal = terminalOf(given);
      const store = await openStore(storeOptions(given));
      const outcome = await resumeTransaction(store, {
        ...sessionOptions(given, terminal),
        ...restartOptions(given, terminal),
        restartContainers: switchOption(given, 'restart-containers'),
      });
      showOutcome(terminal, outcome);
      done(0);
    },
  );
}
