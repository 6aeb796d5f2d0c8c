import type { Argv } from 'yargs';
import { planBundle } from '../../../api/overlay/plan-bundle.ts';
import { textOption, type Given } from '../../options.ts';
import { runOverlay, withSwitching } from './run-overlay.ts';

export function addOverlayApply(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'apply <bundle>',
    'Make a base look like another one, for all images and containers on it',
    (command) =>
      withSwitching(
        command.positional('bundle', {
          type: 'string',
          demandOption: true,
          describe: 'what overlay pack wrote',
        }),
      )
        .example('$0 overlay apply 0628.tar.gz -n', 'every file that would change')
        .example('$0 overlay apply 0628.tar.gz --restart-containers', 'also for those that run'),
    async (given: Given) => {
      const wanted = { file: String(given['bundle']), base: textOption(given, 'base') };
      done(
        await runOverlay(given, (store, request) => planBundle(store, { ...request, ...wanted })),
      );
    },
  );
}
