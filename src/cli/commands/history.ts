import type { Argv } from 'yargs';
import { listTransactions } from '../../api/list-transactions.ts';
import { openStore, type OpenStore } from '../../api/open-store.ts';
import { planHistoryPrune, pruneHistory } from '../../api/prune-history.ts';
import { counted } from '../../domain/counted.ts';
import { historyDocument } from '../../render/history-json.ts';
import { renderHistory } from '../../render/history-text.ts';
import { droppedNumbers, transactionNumbers } from '../../render/id-lines.ts';
import { journalFatesDocument, renderJournalFates } from '../../render/journal-fates-text.ts';
import { confirmPlan } from '../confirm-plan.ts';
import {
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  withWriting,
  type Given,
} from '../options.ts';
import { showResult } from '../show-result.ts';
import { catchSignals } from '../signals.ts';
import type { Terminal } from '../terminal.ts';

const OPTIONS = {
  prune: { type: 'boolean', default: false, describe: 'drop journals that no undo needs any more' },
  'dry-run': {
    alias: 'n',
    type: 'boolean',
    default: false,
    describe: 'with --prune: show what would go and write nothing',
  },
} as const;

export function addHistory(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'history',
    'List what was done, newest first',
    (command) => withWriting(command.options(OPTIONS)),
    async (given: Given) => {
      const terminal = terminalOf(given);
      const store = await openStore(storeOptions(given));
      if (switchOption(given, 'prune')) await prune(terminal, store, given);
      else list(terminal, store);
      done(0);
    },
  );
}

function list(terminal: Terminal, store: OpenStore): void {
  const transactions = listTransactions(store);
  showResult(terminal, {
    document: () => historyDocument(transactions),
    text: () => renderHistory(transactions, { ...terminal.page, now: new Date() }),
    ids: () => transactionNumbers(transactions),
  });
}

async function prune(terminal: Terminal, store: OpenStore, given: Given): Promise<void> {
  const options = sessionOptions(given, terminal);
  const fates = await planHistoryPrune(store, options);
  const now = new Date();
  if (switchOption(given, 'dry-run') || fates.every(({ kept }) => kept !== undefined)) {
    showResult(terminal, {
      document: () => journalFatesDocument(fates, false),
      text: () => renderJournalFates(fates, { ...terminal.page, now }),
      ids: () => droppedNumbers(fates),
    });
    return;
  }
  catchSignals();
  terminal.talk(renderJournalFates(fates, { ...terminal.talkPage, now }));
  await confirmPlan(terminal, given);
  const done = await pruneHistory(store, fates, options);
  const dropped = done.filter(({ kept }) => kept === undefined).length;
  showResult(terminal, {
    document: () => journalFatesDocument(done, dropped > 0),
    text: () => `${counted(dropped, 'journal')} dropped.\n`,
    ids: () => droppedNumbers(done),
  });
}
