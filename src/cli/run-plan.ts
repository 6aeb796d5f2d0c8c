/**
 * From a plan to its end, whoever made it: show, save or apply, and say what became of it.
 */
import type { Argv, Options } from 'yargs';
import { applyPlan } from '../api/apply-plan.ts';
import { openStore, type OpenStore } from '../api/open-store.ts';
import { refusalOf } from '../api/refusal.ts';
import { refuseBusy } from '../api/session.ts';
import { rebasesOf } from '../domain/plan.ts';
import type { Progress } from '../domain/progress.ts';
import { CLONE_MODES, type CloneMode, type Outcome, type PlanReport } from '../domain/report.ts';
import { exitCodeOf } from '../errors.ts';
import { savedPlanText } from '../plan/saved-plan.ts';
import { plannedIds } from '../render/id-lines.ts';
import { planDocument } from '../render/plan-json.ts';
import { renderPlan } from '../render/plan-text.ts';
import { confirmPlan } from './confirm-plan.ts';
import {
  restartOptions,
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  textOption,
  withOptions,
  withRestarting,
  type Given,
} from './options.ts';
import { savePlan } from './user-files.ts';
import { showJudgement } from './show-judgement.ts';
import { showOutcome } from './show-outcome.ts';
import { catchSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** Done in part: `--keep-going` left images out (DESIGN.md, "Exit codes"). */
const PARTLY_DONE = 7;

export const APPLYING = {
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
} as const satisfies Record<string, Options>;

const SAVING = {
  out: { alias: 'o', type: 'string', describe: 'save the plan in a file and apply nothing' },
} as const satisfies Record<string, Options>;

/** Options of every command that applies a plan. */
export function withApplying(parser: Argv): Argv {
  return withRestarting(withOptions(parser, APPLYING));
}

/** Options of every command that makes one. */
export function withPlanning(parser: Argv): Argv {
  return withApplying(withOptions(parser, SAVING));
}

export function cloneOption(given: Given): CloneMode {
  return given['clone'] as CloneMode;
}

/** Makes a plan and does with it what the options say; returns the exit code. */
export async function runPlan(
  given: Given,
  makePlan: (store: OpenStore, progress: Progress) => Promise<PlanReport>,
): Promise<number> {
  const terminal = terminalOf(given);
  const options = {
    ...sessionOptions(given, terminal),
    ...restartOptions(given, terminal),
    command: commandLine(),
    stageOnly: switchOption(given, 'stage-only'),
  };
  const out = textOption(given, 'out');
  terminal.waiting('read the store');
  const store = await openStore(storeOptions(given));
  const startedAt = process.uptime();
  const report = await makePlan(store, terminal.waiting);
  const planning = (process.uptime() - startedAt) * 1000;
  if (out !== undefined || switchOption(given, 'dry-run')) {
    return showPlan(terminal, report, given, out);
  }
  await refuseBusy(store, options);

  catchSignals();
  terminal.talk(renderPlan(report, terminal.talkPage));
  const refusal = refusalOf(report);
  if (refusal !== undefined) throw refusal;
  const changes = rebasesOf(report.plan).length > 0;
  if (changes) await confirmPlan(terminal, given);
  const outcome = await applyPlan(store, report, options);
  showOutcome(terminal, withPlanningTime(outcome, planning), report);
  if (report.failures.length > 0) return failedExitCode(report, changes);
  return changes && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

function withPlanningTime(outcome: Outcome, planning: number): Outcome {
  const { durations = {} } = outcome;
  return {
    ...outcome,
    durations: { ...durations, plan: Math.round(planning) + (durations.plan ?? 0) },
  };
}

/** Shows the plan, and what refuses it; the exit code says the same. */
function showPlan(
  terminal: Terminal,
  report: PlanReport,
  given: Given,
  out: string | undefined,
): number {
  const rebases = rebasesOf(report.plan);
  const refusal = refusalOf(report);
  // First, since a plan that cannot be saved is a failure, and --json prints one document.
  if (refusal === undefined && out !== undefined) savePlan(out, savedPlanText(report.plan));
  const refused = showJudgement(terminal, {
    document: () => planDocument(report),
    text: () => renderPlan(report, terminal.page),
    ids: () => plannedIds(report),
    refusal,
  });
  if (refused !== 0) return refused;
  if (out !== undefined) terminal.talk(`Saved in ${out}. Apply: rebase-image apply ${out}\n`);
  if (report.failures.length > 0) return failedExitCode(report, rebases.length > 0);
  return rebases.length > 0 && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}

/** Nothing done at all is a failure like that of its first image. */
function failedExitCode({ failures: [first] }: PlanReport, partly: boolean): number {
  return partly || first === undefined ? PARTLY_DONE : exitCodeOf(first.error.code);
}

/** What history shows: the command as it was typed. */
export function commandLine(): string {
  return ['rebase-image', ...process.argv.slice(2)].join(' ');
}
