import type { Argv } from 'yargs';
import { openStore } from '../../api/open-store.ts';
import { planUndoTransaction, undoTransaction } from '../../api/undo-transaction.ts';
import { RebaseError } from '../../errors.ts';
import { restoredIds } from '../../render/id-lines.ts';
import { renderUndo, undoDocument } from '../../render/undo-text.ts';
import { confirmPlan } from '../confirm-plan.ts';
import {
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  withRestartAccepted,
  type Given,
} from '../options.ts';
import { showOutcome } from '../show-outcome.ts';
import { showResult } from '../show-result.ts';
import { catchSignals } from '../signals.ts';

export function addUndo(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'undo [transaction]',
    'Put the tags back and remove what was added (default: the last transaction)',
    (command) =>
      withRestartAccepted(
        command
          .positional('transaction', { type: 'string', describe: 'its number in history' })
          .option('dry-run', {
            alias: 'n',
            type: 'boolean',
            default: false,
            describe: 'show what would go back and write nothing',
          }),
      ),
    async (given: Given) => {
      done(await undo(given));
    },
  );
}

async function undo(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const number = numberOf(given['transaction'] as string | undefined);
  const store = await openStore(storeOptions(given));
  const { transaction, plan } = planUndoTransaction(store, number);
  const view = { transaction: transaction.number, images: transaction.begin.images, ...plan };
  if (switchOption(given, 'dry-run')) {
    showResult(terminal, {
      document: () => undoDocument(view),
      text: () => renderUndo(view, terminal.page),
      ids: () => restoredIds(view.images),
    });
    return plan.refusals.length > 0 ? 3 : 0;
  }
  catchSignals();
  terminal.talk(renderUndo(view, terminal.talkPage));
  if (plan.refusals.length === 0) await confirmPlan(terminal, given);
  const outcome = await undoTransaction(store, transaction.number, sessionOptions(given, terminal));
  showOutcome(terminal, outcome);
  return switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new RebaseError('USAGE', `${JSON.stringify(text)} is no transaction number`, {
    hint: 'rebase-image history lists them',
  });
}
