/**
 * What -q prints: IDs only, whole, one a line. README, "Output for programs", says which ID each
 * command means.
 */
import { descendantsOf, type DependentsReport } from '../domain/dependents.ts';
import type { DoctorReport } from '../domain/doctor-report.ts';
import { refuses } from '../domain/finding.ts';
import type { JournalFate } from '../domain/journal-fate.ts';
import { rebasesOf } from '../domain/plan.ts';
import type { OldImage } from '../domain/prune.ts';
import type {
  BaseReport,
  CheckReport,
  Outcome,
  PlanReport,
  StatusReport,
  TransactionImage,
  TransactionView,
} from '../domain/report.ts';
import { isDamage } from '../domain/store-finding.ts';

/** The ImageID that each image of a plan has afterwards, changed or not. */
export function plannedIds({ plan }: Pick<PlanReport, 'plan'>): string {
  return lines(
    plan.images.map((image) => (image.kind === 'nothing' ? image.imageId : image.after.imageId)),
  );
}

/** The ImageID that each image of a run has afterwards. */
export function outcomeIds({ images }: Pick<Outcome, 'images'>): string {
  return lines(images.map(({ after }) => after));
}

/** The images that an undo gives their tags back. */
export function restoredIds(images: readonly TransactionImage[]): string {
  return lines(images.map(({ before }) => before));
}

/** The images that a check refuses. */
export function refusedIds({ plan }: Pick<CheckReport, 'plan'>): string {
  const refused = rebasesOf(plan).filter(({ findings, allowed }) =>
    findings.some((finding) => refuses(finding, allowed)),
  );
  return lines(refused.map(({ before }) => before.imageId));
}

/** What --from may be given: the base, else the candidates, else the seams. */
export function baseIds({ detected, candidates, proposals }: BaseReport): string {
  if (detected?.imageId !== undefined) return lines([detected.imageId]);
  if (candidates.length > 0) return lines(candidates.map(({ imageId }) => imageId));
  return lines(proposals.map(({ topDiffId }) => topDiffId));
}

/** Every image of the tree below its root, parents first. */
export function dependentIds({ base }: Pick<DependentsReport, 'base'>): string {
  return lines(descendantsOf(base).map(({ imageId }) => imageId));
}

/** The layers, images and containers that are damaged. */
export function damagedIds({ findings }: Pick<DoctorReport, 'findings'>): string {
  return lines(new Set(findings.filter(isDamage).flatMap(({ about }) => about)));
}

type Numbered = Pick<TransactionView, 'transaction'>;

/** The numbers of transactions. */
export function transactionNumbers(transactions: readonly Numbered[]): string {
  return lines(new Set(transactions.map(({ transaction }) => String(transaction))));
}

/** The transactions whose journals go. */
export function droppedNumbers(
  fates: readonly (Pick<JournalFate, 'kept'> & { readonly view: Numbered })[],
): string {
  return transactionNumbers(fates.filter(({ kept }) => kept === undefined).map(({ view }) => view));
}

type Waiting = keyof Pick<StatusReport, 'open' | 'pendingRestart' | 'overwritten' | 'broken'>;

/** The transactions that wait for something: resume, abort, a restart of dockerd, an undo. */
export function waitingNumbers(report: Readonly<Record<Waiting, readonly Numbered[]>>): string {
  const { open, pendingRestart, overwritten, broken } = report;
  const waiting = [...open, ...pendingRestart, ...overwritten, ...broken];
  return transactionNumbers(waiting);
}

/** Old images that a prune removes. */
export function prunedIds(images: readonly OldImage[]): string {
  return lines(images.map(({ imageId }) => imageId));
}

function lines(ids: Iterable<string>): string {
  return [...ids].map((id) => `${id}\n`).join('');
}
