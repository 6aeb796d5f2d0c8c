import { expect } from 'chai';
import { finding } from '../../src/domain/finding.ts';
import fc from 'fast-check';
import { imageIdOf } from '../../src/domain/digest.ts';
import type { BaseReport, Outcome, StatusReport } from '../../src/domain/report.ts';
import { RebaseError } from '../../src/errors.ts';
import { baseDocument } from '../../src/render/base-json.ts';
import { historyDocument } from '../../src/render/history-json.ts';
import { toJsonText, type JsonDocument } from '../../src/render/json-document.ts';
import { errorDocument, outcomeDocument } from '../../src/render/outcome-json.ts';
import { planDocument } from '../../src/render/plan-json.ts';
import { statusDocument } from '../../src/render/status-json.ts';
import { asPublished } from '../support/output-schema.ts';
import {
  diffIdOf,
  exampleContainer,
  exampleRebase,
  exampleReport,
  MY_ALPINE,
} from './example-report.ts';

const ID = imageIdOf('one');
const OUTCOME: Outcome = {
  kind: 'rebased',
  changed: true,
  transaction: 12,
  images: [
    {
      reference: 'my-alpine:3.7',
      outcome: 'rebased',
      before: ID,
      after: imageIdOf('two'),
      tags: ['my-alpine:3.7'],
      reason: undefined,
    },
  ],
  switches: [{ base: 'debian:12', before: null, after: '12.5' }],
  pending: 'restart',
  notes: [],
};

describe('render: JSON documents', () => {
  it('gives a plan with the facts of the text', () => {
    const container = exampleContainer('/web-1');
    const rebase = exampleRebase(MY_ALPINE);
    const report = exampleReport(
      [
        {
          ...MY_ALPINE,
          findings: [
            finding('platform', 'breaks', 'm', {
              why: 'w',
              path: '/caf\u00c3\u00a9',
              layers: [diffIdOf('app')],
            }),
          ],
          allowed: ['platform'],
        },
      ],
      { containers: [container] },
    );
    const document = parsed(planDocument(report));
    expect(document).to.include({ schema: 'rebase-image/v1', changed: false, transaction: null });
    expect(document['host']).to.deep.equal({
      storeRoot: '/var/lib/docker',
      driver: 'overlay2',
      daemon: { running: true, version: '20.10.24', livingOn: [] },
    });
    const [image] = document['images'] as Record<string, unknown>[];
    expect(image).to.deep.include({
      reference: 'my-alpine:3.7',
      outcome: 'rebase',
      reason: null,
      verdict: 'REVIEW',
      findings: [
        {
          check: 'platform',
          severity: 'breaks',
          message: 'm',
          why: 'w',
          hint: null,
          path: '/caf\u00e9',
          layers: [diffIdOf('app')],
          refuses: false,
          allowed: true,
        },
      ],
      before: {
        imageId: rebase.before.imageId,
        diffIds: rebase.before.diffIds,
        chainIds: rebase.before.chainIds,
      },
      tags: rebase.tags,
      oldBase: rebase.oldBase,
      newBase: rebase.newBase,
    });
    const fields = image!['fields'] as { path: string; before: unknown; after: unknown }[];
    expect(fields.map(({ path }) => path)).to.deep.equal(['history', 'rootfs.diff_ids']);
    expect(fields[1]).to.deep.include({
      before: rebase.before.diffIds,
      after: rebase.after.diffIds,
    });
    const diff = image!['diff'] as { header: string; before: string; after: string }[];
    expect(JSON.parse(diff[0]!.before)).to.deep.equal(JSON.parse(rebase.before.configText));
    expect(diff[1]).to.deep.equal({
      header: 'my-alpine:3.7: repositories.json',
      before: `my-alpine:3.7 ${rebase.before.imageId}\n`,
      after: `my-alpine:3.7 ${rebase.after.imageId}\n`,
    });
    expect(document['store']).to.deep.include({
      layers: report.bound.layers,
      images: [rebase.after.imageId],
      tags: rebase.tags,
    });
    expect(document['cost']).to.deep.equal({ clone: 'auto', modes: report.cost });
    const { id, imageId, running } = container;
    expect(document['containers']).to.deep.equal([{ id, imageId, running, name: 'web-1' }]);
    expect(document['restart']).to.equal(null);
  });

  it('gives an unchanged image with its reason', () => {
    const report = exampleReport([], {
      plan: { images: [{ kind: 'nothing', reference: 'a:1', imageId: ID, reason: 'why' }] },
    });
    expect(parsed(planDocument(report))['images']).to.deep.equal([
      {
        reference: 'a:1',
        outcome: 'unchanged',
        reason: 'why',
        before: { imageId: ID },
        after: { imageId: ID },
      },
    ]);
  });

  it('gives an outcome', () => {
    expect(parsed(outcomeDocument(OUTCOME))).to.deep.equal({
      schema: 'rebase-image/v1',
      document: 'outcome',
      kind: 'rebased',
      changed: true,
      transaction: 12,
      images: [
        {
          ...OUTCOME.images[0],
          before: { imageId: OUTCOME.images[0]!.before },
          after: { imageId: OUTCOME.images[0]!.after },
          reason: null,
        },
      ],
      switches: [{ base: 'debian:12', before: null, after: '12.5' }],
      pending: 'restart',
      notes: [],
    });
  });

  it('gives an error with the transaction that it left', () => {
    const details = { hint: 'rebase-image resume', transaction: 12 };
    const error = new RebaseError('HALF_WAY', 'stopped', details);
    expect(parsed(errorDocument(error))).to.deep.include({
      changed: true,
      transaction: 12,
      error: { code: 'HALF_WAY', message: 'stopped', hint: 'rebase-image resume' },
    });
    expect(parsed(errorDocument(new RebaseError('USAGE', 'm')))).to.deep.include({
      schema: 'rebase-image/v1',
      changed: false,
      transaction: null,
      images: [],
      pending: null,
      error: { code: 'USAGE', message: 'm', hint: null },
    });
    expect(parsed(errorDocument(new TypeError('x is undefined')))['error']).to.deep.equal({
      code: 'INTERNAL',
      message: 'x is undefined',
      hint: 'this is a bug in rebase-image',
    });
  });

  it('gives base, history and status', () => {
    const base: BaseReport = {
      reference: 'a:1',
      imageId: ID,
      layers: 3,
      detected: undefined,
      undecided: 'two fit',
      candidates: [
        { name: 'b:1', imageId: ID, layers: 1, tags: ['b:1', 'b:2'], historyMatches: true },
      ],
      proposals: [{ layers: 1, topDiffId: ID, evidence: ['e'] }],
      labels: new Map([['__proto__', 'x']]),
    };
    const document = parsed(baseDocument(base));
    expect(document).to.deep.include({ detected: null, undecided: 'two fit' });
    expect(document['candidates']).to.deep.equal([{ ...base.candidates[0], from: 'b:1' }]);
    expect(document['proposals']).to.deep.equal([{ ...base.proposals[0], from: ID }]);
    expect(toJsonText(baseDocument(base))).to.include('"__proto__": "x"');
    expect(parsed(historyDocument([]))['transactions']).to.deep.equal([]);
    const status: StatusReport = {
      storeRoot: '/d',
      daemon: { running: false, version: undefined, livingOn: [] },
      open: [],
      stopped: undefined,
      pendingRestart: [],
      overwritten: [],
      broken: [],
      movedAway: [{ tag: 'a:1', expected: ID, now: undefined }],
      onOldImages: [{ container: exampleContainer('/c'), tag: 'a:1', after: ID }],
    };
    const { id, imageId, running } = exampleContainer('/c');
    expect(parsed(statusDocument(status))).to.deep.include({
      overwritten: [],
      broken: [],
      movedAway: [{ tag: 'a:1', expected: ID, now: null }],
      onOldImages: [{ container: { id, imageId, running, name: 'c' }, tag: 'a:1', after: ID }],
    });
  });

  it('writes sorted text that parses to the same value and hides nothing', () => {
    expect(toJsonText({ b: [], a: 1 })).to.equal('{\n  "a": 1,\n  "b": []\n}\n');
    expect(toJsonText('\u009b\u202e\u{e0041}\ud800')).to.equal(
      '"\\u009b\\u202e\\udb40\\udc41\\ud800"\n',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = toJsonText({ text });
        expect(JSON.parse(json)).to.deep.equal({ text });
        expect(json.replaceAll('\n', '')).not.to.match(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

function parsed(document: JsonDocument): Record<string, unknown> {
  return asPublished(document);
}
