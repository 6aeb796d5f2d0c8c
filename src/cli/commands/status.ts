import type { Argv } from 'yargs';
import { openStore } from '../../api/open-store.ts';
import { showStatus } from '../../api/show-status.ts';
import { waitingNumbers } from '../../render/id-lines.ts';
import { statusDocument } from '../../render/status-json.ts';
import { renderStatus } from '../../render/status-text.ts';
import { storeOptions, terminalOf, withStore, type Given } from '../options.ts';
import { showResult } from '../show-result.ts';

export function addStatus(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'status',
    'Show what is open, not loaded yet, moved since, or still on old images',
    withStore,
    async (given: Given) => {
      const terminal = terminalOf(given);
      terminal.waiting('read the store');
      const report = await showStatus(await openStore(storeOptions(given)));
      showResult(terminal, {
        document: () => statusDocument(report),
        text: () => renderStatus(report, { ...terminal.page, now: new Date() }),
        ids: () => waitingNumbers(report),
      });
      done(0);
    },
  );
}
