import type { Argv } from 'yargs';
import { openStore } from '../../../api/open-store.ts';
import { overlayStatus } from '../../../api/overlay/overlay-status.ts';
import { overlayStatusDocument } from '../../../render/overlay/documents.ts';
import { renderOverlayStatus } from '../../../render/overlay/status-text.ts';
import { storeOptions, terminalOf, withStore, type Given } from '../../options.ts';
import { showResult } from '../../show-result.ts';

export function addOverlayStatus(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'status',
    'Show which bases look like others, by which version, and who sees it',
    withStore,
    async (given: Given) => {
      const terminal = terminalOf(given);
      const status = overlayStatus(await openStore(storeOptions(given)));
      showResult(terminal, {
        document: () => overlayStatusDocument(status),
        text: () => renderOverlayStatus(status, terminal.page),
        ids: () => status.layers.map(({ chainId }) => `${chainId}\n`).join(''),
      });
      done(0);
    },
  );
}
