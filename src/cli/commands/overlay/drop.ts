import type { Argv } from 'yargs';
import { openStore } from '../../../api/open-store.ts';
import { dropVersion, planDrop } from '../../../api/overlay/drop-version.ts';
import { refuseBusy } from '../../../api/session.ts';
import { dropDocument } from '../../../render/overlay/documents.ts';
import { renderDrop, renderDropped } from '../../../render/overlay/drop-text.ts';
import { confirmPlan } from '../../confirm-plan.ts';
import {
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  textOption,
  withOptions,
  withWriting,
  type Given,
} from '../../options.ts';
import { showResult } from '../../show-result.ts';
import { catchSignals } from '../../signals.ts';
import { BASE } from './run-overlay.ts';

export function addOverlayDrop(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'drop <name>',
    'Remove a version of a base that nobody sees any more',
    (command) =>
      withWriting(
        withOptions(
          command.positional('name', {
            type: 'string',
            demandOption: true,
            describe: 'the version, by overlay status',
          }),
          {
            ...BASE,
            'dry-run': {
              alias: 'n',
              type: 'boolean',
              default: false,
              describe: 'show what would go and write nothing',
            },
          },
        ),
      ),
    async (given: Given) => {
      done(await drop(given));
    },
  );
}

async function drop(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const options = sessionOptions(given, terminal);
  const store = await openStore(storeOptions(given));
  const base = textOption(given, 'base');
  const report = planDrop(store, { version: String(given['name']), base });
  const isDone = !switchOption(given, 'dry-run');
  if (isDone) {
    await refuseBusy(store, options);
    catchSignals();
    terminal.talk(renderDrop(report, terminal.talkPage));
    await confirmPlan(terminal, given);
    await dropVersion(store, report, options);
  }
  const render = isDone ? renderDropped : renderDrop;
  showResult(terminal, {
    document: () => dropDocument(report, { dropped: isDone }),
    text: () => render(report, terminal.page),
    ids: () => `${report.cacheId}/diff.${report.version}\n`,
  });
  return switchOption(given, 'detailed-exitcode') ? 2 : 0;
}
