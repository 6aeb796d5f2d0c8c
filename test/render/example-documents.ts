/** A document of every kind, with texts of strangers wherever a document can have them. */
import { finding } from '../../src/domain/finding.ts';
import { imageIdOf } from '../../src/domain/digest.ts';
import type { Dependent } from '../../src/domain/dependents.ts';
import type { Outcome, PlanReport, TransactionView } from '../../src/domain/report.ts';
import type { StoreFinding } from '../../src/domain/store-finding.ts';
import { RebaseError } from '../../src/errors.ts';
import { baseDocument } from '../../src/render/base-json.ts';
import { checkDocument } from '../../src/render/check-json.ts';
import { dependentsDocument } from '../../src/render/dependents-json.ts';
import { doctorDocument } from '../../src/render/doctor-json.ts';
import { historyDocument } from '../../src/render/history-json.ts';
import { journalFatesDocument } from '../../src/render/journal-fates-text.ts';
import type { DocumentName, JsonDocument } from '../../src/render/json-document.ts';
import {
  appliedDocument,
  errorDocument,
  outcomeDocument,
  refusedDocument,
} from '../../src/render/outcome-json.ts';
import { planDocument } from '../../src/render/plan-json.ts';
import { pruneDocument, prunedDocument } from '../../src/render/prune-json.ts';
import { statusDocument } from '../../src/render/status-json.ts';
import { undoDocument } from '../../src/render/undo-text.ts';
import { bareOverlayDocuments, fullOverlayDocuments } from './example-overlay.ts';
import { diffIdOf, exampleContainer, exampleReport, MY_ALPINE } from './example-report.ts';

const ID = imageIdOf('one');

/** Documents that say all that they can say; `a` and `b` are what strangers wrote. */
export function fullDocuments(a: string, b: string): Readonly<Record<DocumentName, JsonDocument>> {
  const report = reportOf(a, b);
  const host = { storeRoot: a, daemon: report.daemon };
  const container = exampleContainer(a);
  const image = { tag: a, before: ID, after: ID, newBase: b };
  const moved = { ...image, transaction: 1 };
  const transaction: TransactionView = {
    transaction: 1,
    state: 'staged',
    startedAt: b,
    command: a,
    images: [image],
    switches: [{ base: a, before: null, after: b }],
  };
  const fates = [
    { view: transaction, kept: undefined },
    { view: transaction, kept: b },
  ];
  const old = { imageId: ID, was: a, tags: [b], digests: [a] };
  const keptImage = { imageId: ID, was: a, reasons: [b] };
  const prune = {
    ...host,
    plan: { images: [old], parents: [ID], layers: [], kept: [keptImage], endsUndo: [1] },
    blocked: b,
    leftovers: [transaction],
    freed: { bytes: 1, inodes: 1 },
  };
  const refusal = new RebaseError('CHECK_REFUSED', a, { hint: b });
  return {
    plan: refusedDocument(planDocument(report), refusal),
    applied: appliedDocument(report, outcomeOf(a, b)),
    outcome: outcomeDocument(outcomeOf(a, b)),
    check: refusedDocument(checkDocument(report), refusal),
    base: baseDocument({
      reference: a,
      imageId: ID,
      layers: 2,
      detected: { name: b, layers: 1, imageId: ID, evidence: a },
      undecided: b,
      candidates: [{ name: a, imageId: ID, layers: 1, tags: [b, a], historyMatches: true }],
      proposals: [{ layers: 1, topDiffId: diffIdOf('x'), evidence: [a] }],
      labels: new Map([[a, b]]),
    }),
    dependents: dependentsDocument({
      storeRoot: a,
      base: { ...dependentOf(a, b), children: [dependentOf(b, a)] },
      untaggedLeftOut: 1,
    }),
    doctor: doctorDocument({
      ...host,
      image: { name: a, imageId: ID },
      deep: true,
      examined: { layers: 1, images: 1, containers: 1 },
      findings: [damageOf(a, b)],
    }),
    history: historyDocument([transaction]),
    journals: journalFatesDocument(fates, true),
    status: statusDocument({
      ...host,
      open: [transaction],
      stopped: { dockerd: true, containers: [a] },
      pendingRestart: [moved],
      overwritten: [moved],
      broken: [moved],
      movedAway: [{ tag: a, expected: ID, now: ID }],
      onOldImages: [{ container, tag: b, after: ID }],
    }),
    undo: undoDocument({
      transaction: 1,
      images: [image],
      refusals: [a],
      removable: report.bound,
      notes: [b],
    }),
    prune: pruneDocument(prune),
    pruned: prunedDocument(prune, {
      changed: true,
      discarded: [1],
      released: [old],
      kept: [keptImage],
    }),
    ...fullOverlayDocuments(a, b),
    error: errorDocument(new RebaseError('HALF_WAY', a, { hint: b, transaction: 1 })),
  };
}

/** The same kinds where there is least to say. */
export function bareDocuments(): readonly JsonDocument[] {
  const plan = { images: [] };
  const report = exampleReport([], { plan, daemon: STOPPED });
  const { storeRoot, daemon } = report;
  const host = { storeRoot, daemon };
  const nothing: Outcome = {
    kind: 'unchanged',
    changed: false,
    transaction: undefined,
    images: [],
    switches: [],
    pending: undefined,
    notes: [],
  };
  const prune = {
    ...host,
    plan: { images: [], parents: [], layers: [], kept: [], endsUndo: [] },
    blocked: undefined,
    leftovers: [],
    freed: { bytes: 0, inodes: 0 },
  };
  return [
    planDocument(report),
    appliedDocument(report, nothing),
    outcomeDocument(nothing),
    checkDocument({ ...host, plan }),
    baseDocument({
      reference: 'a:1',
      imageId: ID,
      layers: 0,
      detected: undefined,
      undecided: undefined,
      candidates: [],
      proposals: [],
      labels: new Map(),
    }),
    dependentsDocument({
      storeRoot,
      base: { ...dependentOf('a', 'b'), ownBytes: undefined, containers: [] },
      untaggedLeftOut: 0,
    }),
    doctorDocument({
      ...host,
      image: undefined,
      deep: false,
      examined: { layers: 0, images: 0, containers: 0 },
      findings: [],
    }),
    historyDocument([]),
    journalFatesDocument([], false),
    statusDocument({
      ...host,
      open: [],
      stopped: undefined,
      pendingRestart: [],
      overwritten: [],
      broken: [],
      movedAway: [{ tag: 'a:1', expected: ID, now: undefined }],
      onOldImages: [],
    }),
    undoDocument({ transaction: 1, images: [], refusals: [], removable: report.bound, notes: [] }),
    pruneDocument(prune),
    ...bareOverlayDocuments(),
    errorDocument(new RebaseError('USAGE', 'm')),
    errorDocument(new TypeError('a bug')),
  ];
}

const STOPPED = { running: false, version: undefined, livingOn: ['c'] };

function reportOf(a: string, b: string): PlanReport {
  const details = { why: b, hint: a, path: '/x', layers: [diffIdOf('app')] };
  const setting = { before: '1', after: '{"a":[null]}', oldBase: undefined, newBase: 'null' };
  const report = exampleReport([
    {
      ...MY_ALPINE,
      findings: [finding('missing', 'review', a, details)],
      settings: [{ ...setting, field: 'Env', item: a, kind: 'taken' }],
      config: { before: { [b]: [a], gone: 1 }, after: { [b]: { a }, come: null } },
    },
  ]);
  const done = { kind: 'nothing', reference: a, imageId: ID, reason: b } as const;
  const [first] = report.plan.images;
  return {
    ...report,
    storeRoot: a,
    daemon: { running: true, version: b, livingOn: [a] },
    plan: { images: first === undefined ? [done] : [first, done] },
    failures: [{ reference: a, error: new RebaseError('IMAGE_NOT_FOUND', b) }],
    warnings: [a],
    keptTags: new Map([[first?.kind === 'rebase' ? first.before.imageId : ID, [b]]]),
    bound: { ...report.bound, reused: [chainIdOf(report)], committed: [a] },
    containers: [exampleContainer(b)],
    restart: { comeBack: [a], stayDown: [b], deleted: [a], startedToo: [b] },
  };
}

function chainIdOf({ bound: { layers } }: PlanReport) {
  const [layer] = layers;
  if (layer === undefined) throw new Error('the example has layers');
  return layer.chainId;
}

function outcomeOf(a: string, b: string): Outcome {
  return {
    kind: 'rebased',
    changed: true,
    transaction: 1,
    images: [
      {
        reference: a,
        outcome: 'rebased',
        before: ID,
        after: ID,
        tags: [a],
        reason: undefined,
        applied: { cloned: 2, reused: 1, bytes: 3, verdict: 'SAFE' },
      },
      { reference: a, outcome: 'unchanged', before: ID, after: ID, tags: [], reason: b },
    ],
    switches: [{ base: a, before: b, after: null }],
    pending: 'restart',
    notes: [b],
    durations: { plan: 1, stage: 2, publish: 3 },
  };
}

function dependentOf(a: string, b: string): Dependent {
  return {
    imageId: ID,
    name: a,
    tags: [a, b],
    layers: 2,
    ownLayers: 1,
    ownBytes: 1,
    containers: [exampleContainer(b)],
    children: [],
  };
}

function damageOf(a: string, b: string): StoreFinding {
  return {
    code: 'layer-file',
    class: 'F',
    message: a,
    consequence: b,
    issues: ['moby#1'],
    remedy: a,
    about: [b],
    affects: [a],
  };
}
