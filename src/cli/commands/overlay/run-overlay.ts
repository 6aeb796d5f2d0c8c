/**
 * From an overlay plan to its end, whoever made it: show or apply, and say what became of it.
 */
import type { Argv, Options } from 'yargs';
import { openStore, type OpenStore } from '../../../api/open-store.ts';
import { applySwitches, type SwitchOptions } from '../../../api/overlay/apply-switches.ts';
import {
  refusalOfOverlay,
  type OverlayPlan,
  type OverlayRequest,
} from '../../../api/overlay/overlay-plan.ts';
import { agreeOnRunning } from '../../../api/overlay/running-containers.ts';
import { refuseBusy } from '../../../api/session.ts';
import type { OverlayReport } from '../../../domain/overlay/report.ts';
import { RebaseError } from '../../../errors.ts';
import { overlayAppliedDocument, overlayPlanDocument } from '../../../render/overlay/documents.ts';
import { renderOverlayPlan } from '../../../render/overlay/plan-text.ts';
import { renderOutcome } from '../../../render/outcome-text.ts';
import { confirmPlan } from '../../confirm-plan.ts';
import {
  allowedChecks,
  sessionOptions,
  storeOptions,
  switchOption,
  terminalOf,
  withOptions,
  withAllowAccepted,
  type Given,
} from '../../options.ts';
import { APPLYING, cloneOption, commandLine } from '../../run-plan.ts';
import { showJudgement } from '../../show-judgement.ts';
import { showResult } from '../../show-result.ts';
import { catchSignals, endSignal } from '../../signals.ts';
import type { Terminal } from '../../terminal.ts';

/** What becomes of containers that run on a base. */
export const RUNNING = {
  'restart-containers': {
    type: 'boolean',
    default: false,
    describe: 'stop running containers on the base, and start them again with its new files',
  },
} as const satisfies Record<string, Options>;

/** The base that is meant, where a bundle or a version does not tell. */
export const BASE = {
  base: {
    type: 'string',
    describe: 'the base on this host: an image, or the name of one that is gone',
  },
} as const satisfies Record<string, Options>;

/** Options of every overlay command that exchanges files. */
export function withSwitching(parser: Argv): Argv {
  return withAllowAccepted(withOptions(parser, { ...APPLYING, ...BASE, ...RUNNING }));
}

/** What the options say of any overlay plan. */
function overlayRequest(given: Given, { waiting }: Terminal): OverlayRequest {
  const allow = allowedChecks(given);
  const restarts = switchOption(given, 'restart-containers');
  return {
    clone: cloneOption(given),
    allow,
    running: restarts ? 'restart' : allow.has('running') ? 'leave' : 'refuse',
    progress: waiting,
    signal: endSignal,
  };
}

/** Makes a plan and does with it what the options say; returns the exit code. */
export async function runOverlay(
  given: Given,
  makePlan: (store: OpenStore, request: OverlayRequest) => OverlayPlan | Promise<OverlayPlan>,
): Promise<number> {
  const terminal = terminalOf(given);
  const request = overlayRequest(given, terminal);
  const options = {
    ...sessionOptions(given, terminal),
    command: commandLine(),
    stageOnly: switchOption(given, 'stage-only'),
    allow: request.allow,
    restartContainers: request.running === 'restart',
  };
  const store = await openStore(storeOptions(given));
  const plan = await makePlan(store, request);
  try {
    return await carryOut(given, { terminal, store, plan, options });
  } finally {
    plan.close?.();
  }
}

async function carryOut(
  given: Given,
  {
    terminal,
    store,
    plan,
    options,
  }: { terminal: Terminal; store: OpenStore; plan: OverlayPlan; options: SwitchOptions },
): Promise<number> {
  const { report } = plan;
  const changes = report.switches.length > 0;
  if (switchOption(given, 'dry-run')) {
    const refusal = await refusalOf(store, report, options);
    return showPlan(terminal, report, refusal) || exitCode(given, changes);
  }
  if (!changes) return showPlan(terminal, report, undefined);
  await refuseBusy(store, options);

  catchSignals();
  terminal.talk(renderOverlayPlan(report, { ...terminal.talkPage, everyFile: false }));
  const refusal = await refusalOf(store, report, options);
  if (refusal !== undefined) throw refusal;
  await confirmPlan(terminal, given);
  const outcome = await applySwitches(store, switchRequest(plan), options);
  showResult(terminal, {
    document: () => overlayAppliedDocument(report, outcome),
    text: () => renderOutcome(outcome, terminal.page),
    ids: () => versionLines(report),
  });
  return exitCode(given, changes);
}

function switchRequest({ report, builds }: OverlayPlan): Parameters<typeof applySwitches>[1] {
  const switches = report.switches.map(({ bound }) => bound);
  return { switches, builds, clone: report.clone };
}

/** What stands against the plan: findings, no room, running containers. */
async function refusalOf(
  store: OpenStore,
  report: OverlayReport,
  options: SwitchOptions,
): Promise<RebaseError | undefined> {
  const refusal = refusalOfOverlay(report);
  if (refusal !== undefined || options.stageOnly) return refusal;
  try {
    const switches = report.switches.map(({ bound }) => bound);
    await agreeOnRunning(store, switches, options);
    return undefined;
  } catch (error) {
    if (error instanceof RebaseError && error.code === 'IN_USE') return error;
    throw error;
  }
}

function showPlan(
  terminal: Terminal,
  report: OverlayReport,
  refusal: RebaseError | undefined,
): number {
  return showJudgement(terminal, {
    document: () => overlayPlanDocument(report),
    text: () => renderOverlayPlan(report, { ...terminal.page, everyFile: true }),
    ids: () => versionLines(report),
    refusal,
  });
}

/** With -q: the folder that each layer shows. */
function versionLines({ switches }: OverlayReport): string {
  return switches.map(({ bound }) => `${bound.cacheId}/${bound.after}\n`).join('');
}

function exitCode(given: Given, changes: boolean): number {
  return changes && switchOption(given, 'detailed-exitcode') ? 2 : 0;
}
