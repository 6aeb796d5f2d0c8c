import type { Argv } from 'yargs';
import { planSaved } from '../../api/plan-saved.ts';
import { readSavedPlan } from '../../plan/read-saved-plan.ts';
import type { Given } from '../options.ts';
import { cloneOption, runPlan, withApplying } from '../run-plan.ts';
import { readNamedFile } from '../user-files.ts';

export function addApply(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'apply <plan>',
    'Apply a plan that --out has saved',
    (command) =>
      withApplying(
        command.positional('plan', {
          type: 'string',
          demandOption: true,
          describe: 'the file; - for stdin',
        }),
      ).example('$0 apply plan.json --yes', 'also on other hosts with the same images'),
    async (given: Given) => {
      const file = String(given['plan']);
      const plan = readSavedPlan(readNamedFile(file), file);
      const request = { plan, clone: cloneOption(given) };
      done(await runPlan(given, (store, progress) => planSaved(store, { ...request, progress })));
    },
  );
}
