import type { Argv } from 'yargs';
import { planRestore } from '../../../api/overlay/plan-restore.ts';
import { textOption, type Given } from '../../options.ts';
import { runOverlay, withSwitching } from './run-overlay.ts';

export function addOverlayRestore(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'restore [name]',
    "Show a version of a base again that is there (default: dockerd's own files)",
    (command) =>
      withSwitching(
        command.positional('name', { type: 'string', describe: 'the version, by overlay status' }),
      ),
    async (given: Given) => {
      const wanted = { version: textOption(given, 'name'), base: textOption(given, 'base') };
      done(
        await runOverlay(given, (store, request) => planRestore(store, { ...request, ...wanted })),
      );
    },
  );
}
