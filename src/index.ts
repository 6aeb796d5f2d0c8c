/**
 * The library: what the command does, as functions that take options and return data.
 */
export { abortTransaction } from './api/abort-transaction.ts';
export { applyPlan, type ApplyOptions } from './api/apply-plan.ts';
export { checkRebase, type CheckRequest } from './api/check-rebase.ts';
export { examineStore, type ExamineOptions } from './api/examine-store.ts';
export { explainBase } from './api/explain-base.ts';
export { applySwitches, type SwitchOptions } from './api/overlay/apply-switches.ts';
export { dropVersion, planDrop, type DropRequest } from './api/overlay/drop-version.ts';
export { refusalOfOverlay, type OverlayPlan } from './api/overlay/overlay-plan.ts';
export { overlayStatus } from './api/overlay/overlay-status.ts';
export { planPack, writePack, type PackRequest } from './api/overlay/pack-overlay.ts';
export { planBundle, type BundleRequest } from './api/overlay/plan-bundle.ts';
export { planRestore, type RestoreRequest } from './api/overlay/plan-restore.ts';
export { planStrategy, type StrategyRequest } from './api/overlay/plan-strategy.ts';
export { planBatch, type BatchRequest } from './api/plan-batch.ts';
export { planSaved } from './api/plan-saved.ts';
export { listDependents, type DependentsRequest } from './api/list-dependents.ts';
export { listTransactions } from './api/list-transactions.ts';
export { openStore, type OpenStore, type StoreOptions } from './api/open-store.ts';
export { planRebase, type RebaseRequest } from './api/plan-rebase.ts';
export { planHistoryPrune, pruneHistory } from './api/prune-history.ts';
export { planPruneOf, pruneStore } from './api/prune-store.ts';
export { resumeTransaction } from './api/resume-transaction.ts';
export { showStatus } from './api/show-status.ts';
export { undoTransaction } from './api/undo-transaction.ts';
export type { RestartOptions, RestartQuestion } from './api/restart-daemon.ts';
export type { SessionOptions } from './api/session.ts';
export type { BoundPlan } from './domain/bound-plan.ts';
export type { Dependent, DependentsReport } from './domain/dependents.ts';
export type {
  DropReport,
  OverlayReport,
  OverlayStatus,
  PackReport,
} from './domain/overlay/report.ts';
export type { DoctorReport } from './domain/doctor-report.ts';
export { MANIFEST_SCHEMA } from './domain/manifest/manifest-schema.ts';
export { readManifest } from './domain/manifest/read-manifest.ts';
export { readSavedPlan } from './plan/read-saved-plan.ts';
export { savedPlanText } from './plan/saved-plan.ts';
export type { Plan, PlannedRebase } from './domain/plan.ts';
export type { JournalFate } from './domain/journal-fate.ts';
export type { PruneOutcome, PruneReport } from './domain/prune.ts';
export type { Finding, Severity, Verdict } from './domain/finding.ts';
export type {
  BaseReport,
  CheckReport,
  Outcome,
  PlanReport,
  StatusReport,
} from './domain/report.ts';
export type { ConfigMode, SettingChange } from './domain/settings.ts';
export { OUTPUT_SCHEMA } from './render/schema/output-schema.ts';
export { exitCodeOf, RebaseError, type ErrorCode } from './errors.ts';
