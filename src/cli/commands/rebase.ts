import type { Argv } from 'yargs';
import { applyPlan, refusalOf } from '../../api/apply-plan.ts';
import { openStore } from '../../api/open-store.ts';
import { planRebase, type RebaseRequest } from '../../api/plan-rebase.ts';
import { refuseBusy } from '../../api/session.ts';
import { rebasesOf } from '../../domain/plan.ts';
import { CLONE_MODES, type PlanReport } from '../../domain/report.ts';
import { KEEP_OLD_TEMPLATE } from '../../plan/plan-tags.ts';
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
import { baseRequest, withImagesAndBases } from '../rebase-request.ts';
import { showJudgement } from '../show-judgement.ts';
import { showOutcome } from '../show-outcome.ts';
import { catchSignals } from '../signals.ts';
import type { Terminal } from '../terminal.ts';

export function addRebase(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    ['$0 <images..>'],
    'Put images onto a new base: plan, show, confirm, apply',
    (command) =>
      withRestarting(
        withOptions(withImagesAndBases(command, 'images to rebase'), {
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
          clone: {
            choices: CLONE_MODES,
            default: 'auto',
            describe: 'how app-layer files reach their new directory',
          },
        }),
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
  return {
    ...baseRequest(given),
    tag: textOption(given, 'tag'),
    keepOld: textOption(given, 'keep-old'),
    clone: given['clone'] as RebaseRequest['clone'],
    allow: allowedChecks(given),
  };
}

/** Shows the plan, and what refuses it; the exit code says the same. */
function showPlan(terminal: Terminal, report: PlanReport, given: Given): number {
  const rebases = rebasesOf(report.plan);
  const refused = showJudgement(terminal, {
    document: () => planDocument(report),
    text: () => renderPlan(report, terminal.page),
    brief: () => rebases.map(({ after }) => `${after.imageId}\n`).join(''),
    refusal: refusalOf(report),
  });
  if (refused !== 0) return refused;
  return rebases.length > 0 && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

/** What history shows: the command as it was typed. */
function commandLine(): string {
  return ['rebase-image', ...process.argv.slice(2)].join(' ');
}
