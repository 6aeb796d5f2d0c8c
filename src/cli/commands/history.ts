import type { Argv } from 'yargs';
import { listTransactions } from '../../api/list-transactions.ts';
import { openStore } from '../../api/open-store.ts';
import { historyDocument } from '../../render/history-json.ts';
import { renderHistory } from '../../render/history-text.ts';
import { toJsonText } from '../../render/json-document.ts';
import { storeOptions, terminalOf, withStore, type Given } from '../options.ts';

export function addHistory(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'history',
    'List what was done, newest first',
    withStore,
    async (given: Given) => {
      const terminal = terminalOf(given);
      const transactions = listTransactions(await openStore(storeOptions(given)));
      terminal.result(
        terminal.json
          ? toJsonText(historyDocument(transactions))
          : renderHistory(transactions, { ...terminal.page, now: new Date() }),
      );
      done(0);
    },
  );
}
