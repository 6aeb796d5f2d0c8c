/** Overlay reports for tests of render: full ones with texts of strangers, and bare ones. */
import { chainIdOn, imageIdOf } from '../../src/domain/digest.ts';
import { finding } from '../../src/domain/finding.ts';
import { EMPTY_TREE } from '../../src/domain/merged-tree.ts';
import type { FileChange, FileChanges } from '../../src/domain/overlay/file-changes.ts';
import { countsOf } from '../../src/domain/overlay/file-changes.ts';
import type {
  DropReport,
  ModifiedLayer,
  OverlayReport,
  OverlayStatus,
  PackReport,
  SwitchReport,
} from '../../src/domain/overlay/report.ts';
import type { Outcome } from '../../src/domain/report.ts';
import { RebaseError } from '../../src/errors.ts';
import type { DocumentName, JsonDocument } from '../../src/render/json-document.ts';
import { refusedDocument } from '../../src/render/outcome-json.ts';
import {
  dropDocument,
  overlayAppliedDocument,
  overlayPlanDocument,
  overlayStatusDocument,
  packDocument,
} from '../../src/render/overlay/documents.ts';
import { diffIdOf, exampleContainer } from './example-report.ts';

const ID = imageIdOf('one');
const CHAIN = chainIdOn(undefined, diffIdOf('base'));
const SPACE = { bytes: 4096, inodes: 2 };

type OverlayName = Extract<DocumentName, `overlay-${string}`>;

/** A base by name. */
export function baseCalled(name: string): PackReport['old'] {
  return { name, imageId: ID, chainId: CHAIN };
}

/** Changes of these kinds at these paths. */
export function changesAt(
  ...list: readonly (readonly [FileChange['kind'], string])[]
): FileChanges {
  const node = EMPTY_TREE.root;
  const changes = list.map(([kind, path]): FileChange => {
    const before = kind === 'added' ? undefined : node;
    const after = kind === 'deleted' ? undefined : node;
    return { kind, path, before, after };
  });
  return { changes, counts: countsOf(changes) };
}

/** A switch from base `a` to base `b`. */
export function exampleSwitch(a: string, b: string): SwitchReport {
  return {
    bound: {
      base: a,
      chainId: CHAIN,
      cacheId: 'cafe',
      link: 'LINK',
      before: 'diff',
      after: 'diff.20220628',
      builds: {
        version: '20220628',
        base: baseCalled(a),
        shows: baseCalled(b),
        union: false,
        transaction: 0,
      },
      lowerdir: 'l/LINK',
    },
    base: baseCalled(a),
    from: { version: undefined, base: baseCalled(a) },
    to: { version: '20220628', base: baseCalled(b) },
    union: true,
    sharers: {
      images: [
        { imageId: ID, name: a, tags: [a], layersAbove: 0 },
        { imageId: ID, name: b, tags: [b, a], layersAbove: 2 },
        { imageId: ID, name: 'untagged', tags: [], layersAbove: 1 },
      ],
      containers: [
        { ...exampleContainer(a), running: true, image: b },
        { ...exampleContainer(b), running: false, image: undefined },
      ],
    },
    changes: changesAt(['added', 'etc/new'], ['changed', 'usr/lib/x/y'], ['deleted', 'old\xff']),
    hidden: [{ image: b, count: 2 }],
    checked: [{ image: a, findings: [finding('missing', 'breaks', b, { why: a })] }],
  };
}

/** A report of switches. */
export function overlayReport(over: Partial<OverlayReport> = {}): OverlayReport {
  return {
    storeRoot: '/var/lib/docker',
    daemon: { running: true, version: '20.10.24', livingOn: [] },
    bundle: undefined,
    switches: [],
    unchanged: [],
    warnings: [],
    running: 'refuse',
    allowed: new Set(),
    clone: 'auto',
    cost: { auto: SPACE, reflink: SPACE, link: SPACE, copy: SPACE },
    free: { bytes: 1e9, inodes: Infinity },
    ...over,
  };
}

/** A layer that shows `b` in the place of `a`. */
export function modifiedLayer(a: string, b: string): ModifiedLayer {
  const { sharers, to } = exampleSwitch(a, b);
  return {
    base: baseCalled(a),
    chainId: CHAIN,
    cacheId: 'cafe',
    shows: to,
    versions: [
      {
        version: '20220628',
        shows: baseCalled(b),
        union: true,
        transaction: 3,
        active: true,
        frees: SPACE,
      },
    ],
    unknown: ['diff.odd'],
    sharers,
    olderViews: [a],
  };
}

export function packReport(a: string, b: string): PackReport {
  return {
    storeRoot: '/var/lib/docker',
    old: baseCalled(a),
    new: baseCalled(b),
    version: '20220628',
    union: true,
    file: a,
    carried: { files: 3, bytes: 5000 },
    deleted: 1,
    entries: 9,
    changes: changesAt(['added', 'etc/new']),
    written: { sha256: 'f'.repeat(64), bytes: 1234 },
  };
}

export function dropReport(a: string, b: string): DropReport {
  return {
    storeRoot: '/var/lib/docker',
    base: baseCalled(a),
    cacheId: 'cafe',
    version: '20220628',
    shows: baseCalled(b),
    frees: SPACE,
    endsUndo: [2],
  };
}

/** Documents that say all that they can say; `a` and `b` are what strangers wrote. */
export function fullOverlayDocuments(
  a: string,
  b: string,
): Readonly<Record<OverlayName, JsonDocument>> {
  const report = overlayReport({
    storeRoot: a,
    bundle: b,
    switches: [exampleSwitch(a, b)],
    unchanged: [{ base: a, reason: b }],
    warnings: [a],
    running: 'leave',
  });
  const outcome: Outcome = {
    kind: 'switched',
    changed: true,
    transaction: 1,
    images: [],
    switches: [{ base: a, before: null, after: b }],
    pending: 'publish',
    notes: [a],
  };
  const status: OverlayStatus = {
    storeRoot: a,
    daemon: report.daemon,
    layers: [modifiedLayer(a, b)],
  };
  const refusal = new RebaseError('CHECK_REFUSED', a, { hint: b });
  return {
    'overlay-plan': refusedDocument(overlayPlanDocument(report), refusal),
    'overlay-applied': overlayAppliedDocument(report, outcome),
    'overlay-pack': packDocument(packReport(a, b)),
    'overlay-status': overlayStatusDocument(status),
    'overlay-drop': dropDocument(dropReport(a, b), { dropped: true }),
  };
}

/** The same where there is least to say. */
export function bareOverlayDocuments(): readonly JsonDocument[] {
  const { storeRoot, daemon } = overlayReport();
  const layer = { ...modifiedLayer('a', 'b'), shows: undefined, versions: [], unknown: [] };
  const one = { ...exampleSwitch('a', 'b'), checked: undefined, hidden: [] };
  const pack = { ...packReport('a', 'b'), file: undefined, written: undefined };
  const drop = { ...dropReport('a', 'b'), shows: undefined, endsUndo: [] };
  return [
    overlayPlanDocument(overlayReport()),
    overlayPlanDocument(overlayReport({ switches: [one] })),
    packDocument(pack),
    overlayStatusDocument({ storeRoot, daemon, layers: [] }),
    overlayStatusDocument({ storeRoot, daemon, layers: [layer] }),
    dropDocument(drop, { dropped: false }),
  ];
}
