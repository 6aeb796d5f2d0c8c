/** What a line of a journal tells, and which of it is taken at its word. */
import type { BoundPlan, LayerSwitch } from '../domain/bound-plan.ts';
import { asChainID, asImageID } from '../domain/digest.ts';
import { folderOfVersion, ORIGINAL, versionOfFolder } from '../domain/overlay/version.ts';
import { isLinkName } from '../domain/overlay-layer.ts';
import type { CloneMode, TransactionImage } from '../domain/report.ts';
import type { BootTime } from '../store/boot-clock.ts';

/**
 * Version of the journal's format; a newer one is never touched. 2 has `switches`, which a program
 * that knows only 1 would pass over: it is written for a plan that has some, and 1 for any other.
 */
export const VERSION = 2;

/** The lowest version of the format that says all of a plan. */
export function versionFor({ switches }: BoundPlan): number {
  return switches.length > 0 ? VERSION : 1;
}

export type JournalRecord =
  | {
      readonly kind: 'begin';
      readonly version: number;
      readonly transaction: number;
      /** Real path of the store's root: what is open there is never carried out elsewhere. */
      readonly root: string;
      /** ISO 8601, UTC. */
      readonly startedAt: string;
      readonly command: string;
      readonly clone: CloneMode;
      readonly images: readonly TransactionImage[];
      readonly bound: BoundPlan;
    }
  | { readonly kind: 'staged' }
  /** Which of the plan's `committed` marks were not there, and so are ours. */
  | { readonly kind: 'marking'; readonly committed: readonly string[] }
  /**
   * `before`: repositories.json as it was, so that an undo can give back its very bytes; null where
   * there was none.
   */
  | {
      readonly kind: 'publishing';
      readonly before: string | null;
      /** When the first rename was about to be made: a dockerd started later may have read it. */
      readonly at: BootTime;
    }
  | { readonly kind: 'published'; readonly after: string }
  /** `start` tells a later run how to bring back the daemon and its containers. */
  | { readonly kind: 'daemon-stopped'; readonly start: string }
  | { readonly kind: 'daemon-started' }
  /** What was staged is being removed: it is not whole any more. */
  | { readonly kind: 'discarding' }
  | { readonly kind: 'undoing' }
  | { readonly kind: 'undone' }
  | { readonly kind: 'discarded' };

export type BeginRecord = Extract<JournalRecord, { kind: 'begin' }>;

const KINDS: Readonly<Record<JournalRecord['kind'], true>> = {
  begin: true,
  staged: true,
  marking: true,
  publishing: true,
  published: true,
  'daemon-stopped': true,
  'daemon-started': true,
  discarding: true,
  undoing: true,
  undone: true,
  discarded: true,
};

/** Whether a parsed line is a record of this version. */
export function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return typeof value.kind === 'string' && Object.hasOwn(KINDS, value.kind);
}

/** The plan of a journal as it is in memory: one of version 1 has no `switches`. */
export function planIn({ bound }: BeginRecord): BoundPlan {
  const written: Partial<BoundPlan> = bound;
  return { ...bound, switches: written.switches ?? [] };
}

/**
 * Whether every name in a plan is one that dockerd or this program gives: names become paths, which
 * are written and removed as root, and parts of mount options.
 */
export function hasOwnNames(plan: BoundPlan): boolean {
  const { layers, reused, committed, images, tags, tops, switches } = plan;
  return (
    [layers, reused, committed, images, tags, tops, switches].every(Array.isArray) &&
    layers.every(
      ({ chainId, parent, cacheId, link, lower, source }) =>
        isChain(chainId) &&
        (parent === undefined || isChain(parent)) &&
        isCacheId(cacheId) &&
        isLinkName(link) &&
        (lower === undefined || isLower(lower)) &&
        isChain(source.chainId) &&
        isCacheId(source.cacheId),
    ) &&
    reused.every(isChain) &&
    areMarks(committed) &&
    images.every(({ imageId }) => asImageID(imageId) !== undefined) &&
    tops.every(({ chainId, lowerdir }) => isChain(chainId) && isLower(lowerdir)) &&
    switches.every(isOwnSwitch)
  );
}

function isOwnSwitch({ chainId, cacheId, link, lowerdir, ...folders }: LayerSwitch): boolean {
  const { before, after, builds } = folders;
  return (
    isChain(chainId) &&
    isCacheId(cacheId) &&
    isLinkName(link) &&
    isLower(lowerdir) &&
    lowerdir.split(':')[0] === `l/${link}` &&
    before !== after &&
    [before, after].every(
      (folder) => folder === ORIGINAL || versionOfFolder(folder) !== undefined,
    ) &&
    (builds === undefined || folderOfVersion(builds.version) === after)
  );
}

/** Whether these are names of layer directories. */
export function areMarks(cacheIds: readonly string[]): boolean {
  return cacheIds.every(isCacheId);
}

function isChain(text: string): boolean {
  return asChainID(text) !== undefined;
}

/** Names in overlay2/l, joined as overlay2 joins them (store.md 1.8). */
function isLower(text: string): boolean {
  return text.split(':').every((name) => name.startsWith('l/') && isLinkName(name.slice(2)));
}

/** What dockerd and BuildKit name layer directories (store.md 1.1). */
function isCacheId(text: string): boolean {
  return /^[0-9a-z]+$/.test(text);
}
