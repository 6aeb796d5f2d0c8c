import type { Argv } from 'yargs';
import { openStore } from '../../api/open-store.ts';
import { planPruneOf, pruneStore } from '../../api/prune-store.ts';
import type { PruneOutcome, PruneReport } from '../../domain/prune.ts';
import { prunedIds } from '../../render/id-lines.ts';
import { pruneDocument, prunedDocument } from '../../render/prune-json.ts';
import { prunes, renderPrune, renderPruned } from '../../render/prune-text.ts';
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

export function addPrune(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'prune',
    'Remove replaced images that nothing uses, and what was staged and not published',
    (command) =>
      withWriting(
        command.option('dry-run', {
          alias: 'n',
          type: 'boolean',
          default: false,
          describe: 'show what would go and write nothing',
        }),
      ),
    async (given: Given) => {
      done(await prune(given));
    },
  );
}

async function prune(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const options = sessionOptions(given, terminal);
  terminal.waiting('read the store');
  const store = await openStore(storeOptions(given));
  const report = await planPruneOf(store, options);
  const exitCode = (changes: boolean): number =>
    changes && switchOption(given, 'detailed-exitcode') ? 2 : 0;
  if (switchOption(given, 'dry-run') || !prunes(report)) {
    showPlan(terminal, report);
    return exitCode(prunes(report));
  }
  catchSignals();
  terminal.talk(renderPrune(report, terminal.talkPage));
  await confirmPlan(terminal, given);
  const outcome = await pruneStore(store, report, options);
  showDone(terminal, report, outcome);
  return exitCode(outcome.changed);
}

function showPlan(terminal: Terminal, report: PruneReport): void {
  showResult(terminal, {
    document: () => pruneDocument(report),
    text: () => renderPrune(report, terminal.page),
    ids: () => prunedIds(report.plan.images),
  });
}

function showDone(terminal: Terminal, report: PruneReport, outcome: PruneOutcome): void {
  showResult(terminal, {
    document: () => prunedDocument(report, outcome),
    text: () => renderPruned(outcome, terminal.page),
    ids: () => prunedIds(outcome.released),
  });
}
