import { expect } from 'chai';
import fc from 'fast-check';
import { imageIdOf } from '../../src/domain/digest.ts';
import type { PlanReport } from '../../src/domain/report.ts';
import { RebaseError } from '../../src/errors.ts';
import { renderBase } from '../../src/render/base-text.ts';
import { displayWidth } from '../../src/render/display-width.ts';
import { renderError } from '../../src/render/error-text.ts';
import { renderHistory } from '../../src/render/history-text.ts';
import { renderOutcome } from '../../src/render/outcome-text.ts';
import { renderPlan } from '../../src/render/plan-text.ts';
import { renderStatus } from '../../src/render/status-text.ts';
import { publishedText } from '../support/output-schema.ts';
import { fullDocuments } from './example-documents.ts';
import { baseOf, exampleContainer, exampleReport } from './example-report.ts';

const ID = imageIdOf('one');
const PLAIN = { color: false, now: new Date('2026-01-02T00:00:00Z') };

describe('render: texts with hostile names', () => {
  it('a plan is never wider than 80 columns and prints no control character', () => {
    fc.assert(
      fc.property(arbitraryReport(), (report) => {
        expectFits(renderPlan(report, { color: false, noTrunc: false }));
        expectPrintable(renderPlan(report, { color: false, noTrunc: true }));
      }),
      { numRuns: 60 },
    );
  });

  it('nor is any other text', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (a, b) => {
        for (const text of otherTexts(a, b)) expectFits(text);
        expectPrintable(renderError(new RebaseError('USAGE', a, { hint: b }), STACK));
        expectPrintable(renderError(new Error(a, { cause: new Error(b) }), STACK));
      }),
    );
  });

  it('nor is a document unprintable, or other than its schema says', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (a, b) => {
        for (const document of Object.values(fullDocuments(a, b))) {
          expectPrintable(publishedText(document));
        }
      }),
      { numRuns: 30 },
    );
  });
});

const STACK = { color: false, debug: true };

function expectFits(text: string): void {
  for (const line of text.split('\n')) expect(displayWidth(line), line).to.be.at.most(80);
  expectPrintable(text);
}

function expectPrintable(text: string): void {
  for (const line of text.split('\n')) expect(line).not.to.match(/[\p{C}\p{Zl}\p{Zp}]/u);
}

function otherTexts(a: string, b: string): string[] {
  const image = { tag: a, before: ID, after: ID, newBase: b };
  const transaction = {
    transaction: 1,
    state: 'staged' as const,
    startedAt: b,
    command: a,
    images: [image],
    switches: [{ base: a, before: null, after: b }],
  };
  return [
    renderHistory([transaction], PLAIN),
    renderStatus(
      {
        storeRoot: a,
        daemon: { running: true, version: b, livingOn: [] },
        open: [transaction],
        stopped: { dockerd: true, containers: [a, b] },
        pendingRestart: [{ ...image, transaction: 1 }],
        overwritten: [],
        broken: [],
        movedAway: [{ tag: a, expected: ID, now: ID }],
        onOldImages: [{ container: exampleContainer(a), tag: b, after: ID }],
      },
      PLAIN,
    ),
    renderBase(
      {
        reference: a,
        imageId: ID,
        layers: 2,
        detected: { name: b, layers: 1, imageId: ID, evidence: a },
        undecided: undefined,
        candidates: [{ name: a, imageId: ID, layers: 1, tags: [b, a], historyMatches: true }],
        proposals: [{ layers: 1, topDiffId: ID, evidence: [a] }],
        labels: new Map([[a, b]]),
      },
      PLAIN,
    ),
    renderOutcome(
      {
        kind: 'rebased',
        changed: true,
        transaction: 1,
        images: [
          { reference: a, outcome: 'rebased', before: ID, after: ID, tags: [a], reason: b },
          { reference: a, outcome: 'unchanged', before: ID, after: ID, tags: [a], reason: b },
        ],
        switches: [{ base: a, before: b, after: null }],
        pending: 'restart',
        notes: [b],
      },
      PLAIN,
    ),
  ];
}

function arbitraryReport(): fc.Arbitrary<PlanReport> {
  const text = hostileText();
  const base = fc
    .record({ name: text, count: fc.integer({ min: 0, max: 25 }) })
    .map(({ name, count }) => baseOf(name, count));
  const image = fc.record({
    reference: text,
    oldBase: base,
    newBase: base,
    appLayers: fc.uniqueArray(text, { maxLength: 25 }),
    appHistory: fc.array(
      fc.record({ created: text, created_by: text, empty_layer: fc.boolean() }),
      { maxLength: 25 },
    ),
    findings: fc.array(
      fc.record({
        check: fc.constantFrom('platform' as const, 'history' as const),
        severity: fc.constantFrom('breaks' as const, 'review' as const, 'note' as const),
        message: text,
        why: fc.option(text, { nil: undefined }),
        hint: fc.option(text, { nil: undefined }),
        path: fc.option(text, { nil: undefined }),
        layers: fc.constant([]),
      }),
      { maxLength: 3 },
    ),
    config: fc.record({
      before: fc.dictionary(text, text, { maxKeys: 3 }),
      after: fc.dictionary(text, text, { maxKeys: 3 }),
    }),
  });
  const names = fc.array(text, { maxLength: 15 });
  return fc
    .record({
      images: fc.array(image, { maxLength: 6 }),
      names,
      root: text,
      version: text,
      restart: fc.record({ comeBack: names, stayDown: names, deleted: names, startedToo: names }),
      bytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    })
    .map(({ images, root, version, restart, bytes, names: containers }) => {
      const report = exampleReport(images, {
        storeRoot: root,
        daemon: { running: true, version, livingOn: [] },
        restart,
        containers: containers.map((name) => exampleContainer(name)),
      });
      return { ...report, cost: { ...report.cost, auto: { bytes, inodes: bytes } } };
    });
}

/** Long words, wide characters, escape sequences, bidi controls, lone surrogates. */
function hostileText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength: 120 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '\x1b[2J\x1b]0;title\x07',
      '\u009b31m\u202egnp.exe\u2066',
      '\ud800',
      'registry.example.com:5000/'.repeat(5),
      '漢字'.repeat(50),
      'a\nb\r\tc\u2028d',
      '\u{e0041}\u200b\u200d\ufeff',
      '👩‍👩‍👧❤️'.repeat(10),
    ),
  );
}
