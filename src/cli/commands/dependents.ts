import type { Argv } from 'yargs';
import { listDependents } from '../../api/list-dependents.ts';
import { openStore } from '../../api/open-store.ts';
import { dependentsDocument } from '../../render/dependents-json.ts';
import { renderDependents } from '../../render/dependents-text.ts';
import { dependentIds } from '../../render/id-lines.ts';
import {
  storeOptions,
  switchOption,
  terminalOf,
  withOptions,
  withStore,
  type Given,
} from '../options.ts';
import { showResult } from '../show-result.ts';

export function addDependents(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'dependents <base>',
    'List the images that stand on a base, and their containers',
    (command) =>
      withStore(
        withOptions(command.positional('base', { type: 'string', demandOption: true }), {
          untagged: {
            type: 'boolean',
            default: false,
            describe: 'also images without a name',
          },
        }),
      ),
    async (given: Given) => {
      const terminal = terminalOf(given);
      terminal.waiting('read the store');
      const report = listDependents(await openStore(storeOptions(given)), {
        base: String(given['base']),
        untagged: switchOption(given, 'untagged'),
      });
      showResult(terminal, {
        document: () => dependentsDocument(report),
        text: () => renderDependents(report, terminal.page),
        ids: () => dependentIds(report),
      });
      done(0);
    },
  );
}
