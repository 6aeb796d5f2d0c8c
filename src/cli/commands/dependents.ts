import type { Argv } from 'yargs';
import { listDependents } from '../../api/list-dependents.ts';
import { openStore } from '../../api/open-store.ts';
import { descendantsOf } from '../../domain/dependents.ts';
import { dependentsDocument } from '../../render/dependents-json.ts';
import { renderDependents } from '../../render/dependents-text.ts';
import { toJsonText } from '../../render/json-document.ts';
import {
  storeOptions,
  switchOption,
  terminalOf,
  withOptions,
  withStore,
  type Given,
} from '../options.ts';

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
      const report = listDependents(await openStore(storeOptions(given)), {
        base: String(given['base']),
        untagged: switchOption(given, 'untagged'),
      });
      if (terminal.json) terminal.result(toJsonText(dependentsDocument(report)));
      else if (terminal.quiet) {
        terminal.result(
          descendantsOf(report.base)
            .map(({ imageId }) => `${imageId}\n`)
            .join(''),
        );
      } else terminal.result(renderDependents(report, terminal.page));
      done(0);
    },
  );
}
