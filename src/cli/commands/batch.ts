import type { Argv } from 'yargs';
import { planBatch } from '../../api/plan-batch.ts';
import { allowedChecks, switchOption, textOption, withOptions, type Given } from '../options.ts';
import { configMode, CONFIG, KEEPING } from '../rebase-request.ts';
import { cloneOption, runPlan, withPlanning } from '../run-plan.ts';
import { readNamedFile } from '../user-files.ts';

export function addBatch(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'batch <file>',
    'Put the images of a manifest onto new bases, as one transaction',
    (command) =>
      withPlanning(
        withOptions(
          command.positional('file', {
            type: 'string',
            demandOption: true,
            describe: 'YAML or JSON; - for stdin',
          }),
          { ...CONFIG, ...KEEPING },
        ),
      )
        .example('$0 batch bases.yaml -n', 'show what would change')
        .example('$0 batch bases.yaml --keep-going --yes --restart', 'do what can be done'),
    async (given: Given) => {
      const file = String(given['file']);
      // Only this command reads YAML.
      const { readManifest } = await import('../../domain/manifest/read-manifest.ts');
      const manifest = readManifest(readNamedFile(file), file);
      const request = {
        manifest,
        keepOld: textOption(given, 'keep-old'),
        config: configMode(given),
        clone: cloneOption(given),
        allow: allowedChecks(given),
        keepGoing: switchOption(given, 'keep-going'),
      };
      done(await runPlan(given, (store, progress) => planBatch(store, { ...request, progress })));
    },
  );
}
