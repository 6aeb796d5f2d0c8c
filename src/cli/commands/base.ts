import type { Argv } from 'yargs';
import { explainBase } from '../../api/explain-base.ts';
import { openStore } from '../../api/open-store.ts';
import { baseDocument } from '../../render/base-json.ts';
import { renderBase } from '../../render/base-text.ts';
import { baseIds } from '../../render/id-lines.ts';
import { storeOptions, terminalOf, withStore, type Given } from '../options.ts';
import { showResult } from '../show-result.ts';

export function addBase(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'base <image>',
    'Show what an image was built on, and what to give to --from',
    (command) => withStore(command.positional('image', { type: 'string', demandOption: true })),
    async (given: Given) => {
      const terminal = terminalOf(given);
      terminal.waiting('read the store');
      const report = explainBase(await openStore(storeOptions(given)), String(given['image']));
      showResult(terminal, {
        document: () => baseDocument(report),
        text: () => renderBase(report, terminal.page),
        ids: () => baseIds(report),
      });
      done(report.candidates.length + report.proposals.length > 0 ? 0 : 1);
    },
  );
}
