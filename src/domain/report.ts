/**
 * What the program has to say, as data: render turns it into text or JSON.
 */
import type { BoundPlan } from './bound-plan.ts';
import type { ChainID, ImageID } from './digest.ts';
import type { SwitchView } from './overlay/switch-view.ts';
import type { Verdict } from './finding.ts';
import type { OldBase, Plan } from './plan.ts';
import type { ContainerRecord } from './snapshot.ts';
import type { RebaseError } from '../errors.ts';

/** How app-layer files reach their new directory (DESIGN.md, "Cloning layer files"). */
export const CLONE_MODES = ['auto', 'reflink', 'link', 'copy'] as const;
export type CloneMode = (typeof CLONE_MODES)[number];

/** What one way of cloning takes on disk. */
export interface CloneCost {
  readonly bytes: number;
  readonly inodes: number;
}

/** The dockerd that uses the store, as found. */
export interface DaemonView {
  readonly running: boolean;
  /** `20.10.24`; undefined when it does not run or does not answer. */
  readonly version: string | undefined;
  /** Containers that live on although it does not run (live-restore, or it was killed). */
  readonly livingOn: readonly string[];
}

/** An image that cannot be rebased, or an entry of a manifest that names none. */
export interface FailedImage {
  readonly reference: string;
  readonly error: RebaseError;
}

/** Everything a dry run shows. */
export interface PlanReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  readonly plan: Plan;
  /** Images that are left out, with the reason. */
  readonly failures: readonly FailedImage[];
  /** What is odd about the request, one line each. */
  readonly warnings: readonly string[];
  readonly bound: BoundPlan;
  /** Name of every local image that is some layer stack of the plan, for labels: ID -> tag. */
  readonly names: ReadonlyMap<ImageID, string>;
  /** Tags and digest references that stay on an old image. */
  readonly keptTags: ReadonlyMap<ImageID, readonly string[]>;
  readonly clone: CloneMode;
  /** What the chosen mode takes, and for comparison what link and copy would. */
  readonly cost: Readonly<Record<CloneMode, CloneCost>>;
  /** Bytes on disk of the files in each layer to be cloned, by the chain that it becomes. */
  readonly layerBytes: ReadonlyMap<ChainID, number>;
  /** Containers made from an old image; they keep it. */
  readonly containers: readonly ContainerRecord[];
  /** What a restart would do to running containers; undefined without a running daemon. */
  readonly restart: RestartView | undefined;
}

/** What `rebase-image check` says. */
export interface CheckReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  /** The images as they would become; no tag is planned. */
  readonly plan: Plan;
}

/** Names of containers by what a restart of dockerd does to them. */
export interface RestartView {
  /** Run now and afterwards, by restart policy or live-restore. */
  readonly comeBack: readonly string[];
  /** Run now and would not afterwards: they are started again. */
  readonly stayDown: readonly string[];
  /** Would be gone afterwards (--rm). */
  readonly deleted: readonly string[];
  /** Do not run now, and dockerd starts them when it starts. */
  readonly startedToo: readonly string[];
}

/** One image that may be the old base of another. */
export interface BaseCandidate {
  readonly name: string;
  readonly imageId: ImageID;
  readonly layers: number;
  readonly tags: readonly string[];
  /** Whether the image's history begins with the candidate's. */
  readonly historyMatches: boolean;
}

/** A place in the layer stack where a base that is gone may have ended. */
export interface SeamProposal {
  readonly layers: number;
  readonly topDiffId: string;
  /** Why, one line each: `4 other images share these layers`, `CMD ["sh"] ends here`. */
  readonly evidence: readonly string[];
}

/** What `rebase-image base IMAGE` says. */
export interface BaseReport {
  readonly reference: string;
  readonly imageId: ImageID;
  readonly layers: number;
  /** The base that a rebase would replace; undefined when none or several are possible. */
  readonly detected: OldBase | undefined;
  /** Why there is no detected base, in one line. */
  readonly undecided: string | undefined;
  readonly candidates: readonly BaseCandidate[];
  /** Shown when there is no candidate. */
  readonly proposals: readonly SeamProposal[];
  /** Labels org.opencontainers.image.base.*: hints, not proof. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Where a transaction stands. */
export const TRANSACTION_STATES = [
  'staging',
  'staged',
  'publishing',
  'published',
  'undoing',
  'undone',
  'discarded',
] as const;
export type TransactionState = (typeof TRANSACTION_STATES)[number];

/** A line of `history`. */
export interface TransactionView {
  readonly transaction: number;
  readonly state: TransactionState;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly command: string;
  readonly images: readonly TransactionImage[];
  /** Bases whose files it exchanges; such a transaction moves no images. */
  readonly switches: readonly SwitchView[];
}

export interface TransactionImage {
  readonly tag: string;
  readonly before: ImageID;
  readonly after: ImageID;
  readonly newBase: string;
}

/** A tag that a transaction has moved, with that transaction's number. */
export interface MovedTag extends TransactionImage {
  readonly transaction: number;
}

/** What a run that ended early has left down. */
export interface StoppedView {
  readonly dockerd: boolean;
  /** Names of the containers that are to be started again. */
  readonly containers: readonly string[];
}

/** What `status` says. */
export interface StatusReport {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
  /** Transactions that are neither finished nor taken back. */
  readonly open: readonly TransactionView[];
  /** What the open one has stopped and nobody has started again; undefined for nothing. */
  readonly stopped: StoppedView | undefined;
  /** Results that a running dockerd has not loaded yet: it needs a restart. */
  readonly pendingRestart: readonly MovedTag[];
  /** Tags that a running dockerd has set back to the old image: `resume` applies them again. */
  readonly overwritten: readonly MovedTag[];
  /** Tags on a result of which a layer is gone, as when the new base was removed meanwhile. */
  readonly broken: readonly MovedTag[];
  /** Tags that name something else than their transaction left them at. */
  readonly movedAway: readonly {
    readonly tag: string;
    readonly expected: ImageID;
    readonly now: ImageID | undefined;
  }[];
  /** Containers whose image a transaction has replaced. */
  readonly onOldImages: readonly {
    readonly container: ContainerRecord;
    readonly tag: string;
    readonly after: ImageID;
  }[];
}

/** What was done to one image, for the closing lines and for JSON. */
export interface ImageResult {
  readonly reference: string;
  readonly outcome: 'rebased' | 'unchanged' | 'restored';
  readonly before: ImageID;
  readonly after: ImageID;
  readonly tags: readonly string[];
  readonly reason: string | undefined;
  /** Only for an image of the plan that this run has carried out. */
  readonly applied?: AppliedImage;
}

/** What a rebase took. A layer that images of one run share counts for the first of them. */
export interface AppliedImage {
  /** App layers that got a directory of their own. */
  readonly cloned: number;
  /** App layers that were there already, or are cloned for another image. */
  readonly reused: number;
  /** Bytes on disk of the files in the cloned layers, however they were cloned. */
  readonly bytes: number;
  readonly verdict: Verdict;
}

/** `restart` is what a restart of dockerd takes besides the publish in it. */
export const PHASES = ['plan', 'stage', 'publish', 'restart'] as const;
export type Phase = (typeof PHASES)[number];

/** Whole milliseconds of the phases that there were; waiting for an answer belongs to none. */
export type Durations = Readonly<Partial<Record<Phase, number>>>;

/** What was done: to the images, or to the transaction that was taken back or thrown away. */
export const OUTCOME_KINDS = ['rebased', 'switched', 'unchanged', 'undone', 'discarded'] as const;

/** What a command that may change the store has to report at its end. */
export interface Outcome {
  readonly kind: (typeof OUTCOME_KINDS)[number];
  readonly changed: boolean;
  readonly transaction: number | undefined;
  readonly images: readonly ImageResult[];
  /** Bases whose files were exchanged, or would be once a staged transaction is published. */
  readonly switches: readonly SwitchView[];
  /** `restart`: a running dockerd takes the result at its next start. `publish`: staged only. */
  readonly pending: 'restart' | 'publish' | undefined;
  readonly notes: readonly string[];
  /** Only of a plan that this run has carried out. */
  readonly durations?: Durations;
}
