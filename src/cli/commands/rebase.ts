import type { Argv } from 'yargs';
import { applyPlan, refusalOf } from '../../api/apply-plan.ts';
import { openStore } from '../../api/open-store.ts';
import { planRebase, type RebaseRequest } from '../../api/plan-rebase.ts';
import { refuseBusy } from '../../api/session.ts';
import { rebasesOf } from '../../domain/plan.ts';
import { CLONE_MODES, type PlanReport } from '../../domain/report.ts';
import { exitCodeOf, RebaseError } from '../../errors.ts';
import { KEEP_OLD_TEMPLATE } from '../../plan/plan-tags.ts';
import { renderError } from '../../render/error-text.ts';
import { toJsonText } from '../../render/json-document.ts';
import { refusedDocument } from '../../render/outcome-json.ts';
import { planDocument } from '../../render/plan-json.ts';
import { renderPlan } from '../../render/plan-text.ts';
import { confirmPlan } from '../confirm-plan.ts';
import {
  allowedChecks,
  restartOptions,
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  textOption,
  withOptions,
  withRestarting,
  type Given,
} from '../options.ts';
import { showOutcome } from '../show-outcome.ts';
import { catchSignals } from '../signals.ts';
import type { Terminal } from '../terminal.ts';

export function addRebase(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    ['$0 <images..>'],
    'Put images onto a new base: plan, show, confirm, apply',
    (command) =>
      withRestarting(
        withOptions(
          command.positional('images', {
            type: 'string',
            array: true,
            describe: 'images to rebase',
          }),
          {
            onto: { type: 'string', describe: 'the new base' },
            from: {
              type: 'string',
              describe:
                "the old base (default: detected): an image, the DiffID or ChainID of its top layer, a number of layers, or 'scratch'",
            },
            tag: { alias: 't', type: 'string', describe: 'tag for the result' },
            'keep-old': {
              type: 'string',
              describe: `tag the old image (--keep-old[=TEMPLATE], default ${KEEP_OLD_TEMPLATE})`,
            },
            'dry-run': {
              alias: 'n',
              type: 'boolean',
              default: false,
              describe: 'show the plan and write nothing',
            },
            'stage-only': {
              type: 'boolean',
              default: false,
              describe: 'do the long part now; resume publishes it',
            },
            config: {
              choices: ['keep'] as const,
              default: 'keep',
              describe: "the app's settings stay as they are",
            },
            clone: {
              choices: CLONE_MODES,
              default: 'auto',
              describe: 'how app-layer files reach their new directory',
            },
          },
        ),
      )
        .example('$0 my-app:1 --onto alpine:3.12 -n', 'show what would change')
        .example('$0 my-app:1 --onto alpine:3.12', 'do it, after a question'),
    async (given: Given) => {
      done(await rebase(given));
    },
  );
}

async function rebase(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const request = requestOf(given);
  const options = {
    ...sessionOptions(given, terminal),
    ...restartOptions(given, terminal),
    command: commandLine(),
    stageOnly: switchOption(given, 'stage-only'),
  };
  const store = await openStore(storeOptions(given));
  const report = await planRebase(store, request);
  if (switchOption(given, 'dry-run')) return showPlan(terminal, report, given);
  await refuseBusy(store, options);

  catchSignals();
  terminal.talk(renderPlan(report, terminal.talkPage));
  const refusal = refusalOf(report);
  if (refusal !== undefined) throw refusal;
  const changes = rebasesOf(report.plan).length > 0;
  if (changes) await confirmPlan(terminal, given);
  const outcome = await applyPlan(store, report, options);
  showOutcome(terminal, outcome, report);
  return changes && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

function requestOf(given: Given): RebaseRequest {
  const onto = textOption(given, 'onto');
  if (onto === undefined) {
    throw new RebaseError('USAGE', '--onto is missing: which image is the new base?', {
      hint: 'rebase-image my-alpine:3.7 --onto alpine:3.12',
    });
  }
  return {
    images: given['images'] as string[],
    onto,
    from: textOption(given, 'from'),
    tag: textOption(given, 'tag'),
    keepOld: textOption(given, 'keep-old'),
    clone: given['clone'] as RebaseRequest['clone'],
    allow: allowedChecks(given),
  };
}

/** Shows the plan, and what refuses it, once; the exit code says the same. */
function showPlan(terminal: Terminal, report: PlanReport, given: Given): number {
  const rebases = rebasesOf(report.plan);
  const refusal = refusalOf(report);
  if (terminal.json) {
    const document =
      refusal === undefined ? planDocument(report) : refusedDocument(report, refusal);
    terminal.result(toJsonText(document));
  } else if (terminal.quiet) {
    terminal.result(rebases.map(({ after }) => `${after.imageId}\n`).join(''));
  } else {
    terminal.result(renderPlan(report, terminal.page));
  }
  if (refusal !== undefined) {
    terminal.talk(renderError(refusal, { color: terminal.talkPage.color, debug: false }));
    return exitCodeOf(refusal.code);
  }
  return rebases.length > 0 && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

/** What history shows: the command as it was typed. */
function commandLine(): string {
  return ['rebase-image', ...process.argv.slice(2)].join(' ');
}
